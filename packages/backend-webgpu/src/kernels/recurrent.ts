// Operations that continue a recurrent state. A thread updates its part of a state through all tokens of a span, so the order
// of a sum does not depend on the number of tokens. A slot is identified by its start in the state's buffer.
import { kernel, loop, reads, writes, type Kernel } from './kernel.ts';

/**
 * Parameters for the slots of a state: the slot before the span (if `fresh` is 0), the slot after the span, and the slot of a
 * copy after `keep_after` tokens (if the span has that many tokens).
 */
const slots = {
  fresh: 'u32',
  from_start: 'u32',
  to_start: 'u32',
  keep_start: 'u32',
  keep_after: 'u32',
} as const;

/** Causal convolution of the channels from `first_channel` on, with `size` values each: one thread per channel. */
export const convolve = (size: number): Kernel =>
  kernel(`convolve ${size}`, () => {
    const past = size - 1;
    const store = (start: string) =>
      `for (var j = 0u; j < ${past}u; j++) { state[${start} + j * p.channels + channel] = past[j]; }`;
    return {
      parameters: {
        count: 'u32',
        first_channel: 'u32',
        channels: 'u32',
        tokens: 'u32',
        x_start: 'u32',
        weight_start: 'u32',
        out_start: 'u32',
        ...slots,
      },
      bindings: { x: reads(), weight: reads(), state: writes(), out: writes() },
      code: loop(/* wgsl */ `
    let channel = p.first_channel + i;
    let filter_start = p.weight_start + i * ${size}u;
    var past: array<f32, ${past}>;
    for (var j = 0u; j < ${past}u; j++) {
      past[j] = 0.0;
      if (p.fresh == 0u) { past[j] = state[p.from_start + j * p.channels + channel]; }
    }
    for (var token = 0u; token < p.tokens; token++) {
      if (token == p.keep_after) { ${store('p.keep_start')} }
      let at = token * p.channels + channel;
      let value = x[p.x_start + at];
      var sum = 0.0;
      for (var j = 0u; j < ${past}u; j++) { sum = fma(weight[filter_start + j], past[j], sum); }
      out[p.out_start + at] = fma(weight[filter_start + ${past}u], value, sum);
      for (var j = 1u; j < ${past}u; j++) { past[j - 1u] = past[j]; }
      past[${past - 1}] = value;
    }
    ${store('p.to_start')}
`),
    };
  });

/** A loop over the values of a state's line. */
const eachValue = (body: string) => `for (var j = 0u; j < p.key_size; j++) { ${body} }`;

/** For the two recurrences below: how a token changes a line of the state, and how the line's result is computed. */
const DELTA_RULE = /* wgsl */ `
      var known = 0.0;
      ${eachValue('known = fma(state[to + j * stride] * decay, k[p.k_start + key + j], known);')}
      let change = beta[p.beta_start + row] * (v[p.v_start + at] - known);
      let skipped = 0.0;`;
const SELECTIVE_SCAN = /* wgsl */ `
      let change = beta[p.beta_start + row] * v[p.v_start + at];
      let skipped = weight[p.weight_start + head] * v[p.v_start + at];`;

/**
 * The gated delta rule, Yang et al. 2024, arXiv:2412.06464: one thread per value of a head. States are `[head][key][value]`,
 * so that neighbouring threads read neighbouring values.
 */
export const deltaRule = (): Kernel => lineStates('deltaRule', DELTA_RULE, false);

/** The selective scan of Mamba-2, Dao & Gu 2024, arXiv:2405.21060. The inputs C, B, x and Δ take the places of q, k, v and beta. */
export const selectiveScan = (): Kernel => lineStates('selectiveScan', SELECTIVE_SCAN, true);

const lineStates = (name: string, change: string, hasWeight: boolean): Kernel =>
  kernel(name, () => ({
    parameters: {
      count: 'u32',
      tokens: 'u32',
      heads: 'u32',
      key_heads: 'u32',
      key_size: 'u32',
      value_size: 'u32',
      rounds: 'u32',
      q_start: 'u32',
      k_start: 'u32',
      v_start: 'u32',
      g_start: 'u32',
      beta_start: 'u32',
      out_start: 'u32',
      ...(hasWeight && { weight_start: 'u32' }),
      ...slots,
    },
    bindings: {
      q: reads(),
      k: reads(),
      v: reads(),
      g: reads(),
      beta: reads(),
      ...(hasWeight && { weight: reads() }),
      state: writes(),
      out: writes(),
    },
    code: loop(/* wgsl */ `
    let head = i / p.value_size;
    let column = head * p.key_size * p.value_size + i % p.value_size;
    let stride = p.value_size;
    let key_head = select(head / (p.heads / p.key_heads), head % p.key_heads, p.rounds == 1u);
    let to = p.to_start + column;
    for (var j = 0u; j < p.key_size; j++) {
      var before = 0.0;
      if (p.fresh == 0u) { before = state[p.from_start + column + j * stride]; }
      state[to + j * stride] = before;
    }
    for (var token = 0u; token < p.tokens; token++) {
      if (token == p.keep_after) {
        ${eachValue('state[p.keep_start + column + j * stride] = state[to + j * stride];')}
      }
      let row = token * p.heads + head;
      let key = (token * p.key_heads + key_head) * p.key_size;
      let decay = exp(g[p.g_start + row]);
      let at = token * p.count + i;
      ${change}
      var sum = 0.0;
      for (var j = 0u; j < p.key_size; j++) {
        let now = fma(change, k[p.k_start + key + j], state[to + j * stride] * decay);
        state[to + j * stride] = now;
        sum = fma(now, q[p.q_start + key + j], sum);
      }
      out[p.out_start + at] = sum + skipped;
    }
`),
  }));
