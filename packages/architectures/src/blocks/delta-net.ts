// The gated delta net, in place of attention: each head has a state that every token changes. Source: Yang et al. 2024,
// arXiv:2412.06464.
import type { DeltaRuleOptions, Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { deltaNetOf, linear, required, rmsNorm, type LayerCode } from './layer-code.ts';
import { part, type LayerTensors } from './layer-tensors.ts';

/** The tensors of a layer's delta net without the matrices of α and β. */
export function ruleTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const { keyHeads, heads, keySize, valueSize, window } = deltaNetOf(t.layer);
  const [keys, values] = [keyHeads * keySize, heads * valueSize];
  /** q, k and v as parts of one tensor. */
  const parts = (name: string, rowSize: number, suffix = '') => {
    const of = (firstRow: number, rows: number) =>
      part(t.weight(name, rows, rowSize), firstRow, 2 * keys + values);
    return {
      [`q${suffix}`]: of(0, keys),
      [`k${suffix}`]: of(keys, keys),
      [`v${suffix}`]: of(2 * keys, values),
    };
  };
  return {
    ...parts('attn_qkv', width),
    ...parts('ssm_conv1d', window, 'Filter'),
    z: t.weight('attn_gate', values, width),
    decay: t.named('ssm_a', heads),
    alphaBias: t.bias('ssm_dt', heads),
    ruleNorm: t.weight('ssm_norm', valueSize),
    ruleOut: t.weight('ssm_out', width, values),
  };
}

/** The tensors of a layer's delta net, with the matrices of α and β as two tensors. */
export function deltaNetTensors(t: LayerTensors): Tensors {
  const { heads } = deltaNetOf(t.layer);
  return {
    ...ruleTensors(t),
    alpha: t.weight('ssm_alpha', heads, t.config.width),
    beta: t.weight('ssm_beta', heads, t.config.width),
  };
}

/** The inputs of a delta net: products of the layer's matrices. */
export interface DeltaNetInputs {
  /** `[tokens, keyHeads * keySize]`. */
  readonly q: Tensor;
  readonly k: Tensor;
  /** `[tokens, heads * valueSize]`: values, and the gate of the output. */
  readonly v: Tensor;
  readonly z: Tensor;
  /** `[tokens, heads]`. */
  readonly alpha: Tensor;
  readonly beta: Tensor;
}

/** The inputs of a delta net from `deltaNetTensors`. */
export function deltaNetInputs(code: LayerCode, w: Weights, h: Tensor): DeltaNetInputs {
  const product = (role: string) => linear(code, w, role, h);
  return {
    q: product('q'),
    k: product('k'),
    v: product('v'),
    z: product('z'),
    alpha: product('alpha'),
    beta: product('beta'),
  };
}

/** The delta net of a layer. */
export function deltaNet(
  code: LayerCode,
  w: Weights,
  { q, k, v, z, alpha, beta }: DeltaNetInputs,
  sharing: DeltaRuleOptions['sharing'],
): Tensor {
  const { e, config, layer, index, spans } = code;
  const { keySize } = deltaNetOf(layer);
  const convolved = (x: Tensor, filter: string, state: number) =>
    e.activate(e.convolve(x, required(w, filter), spans, { layer: index, state }), 'silu');
  /** Normalizes heads to length 1: x / sqrt(sum(x²) + epsilon), as an RMS norm with adjusted factor and epsilon. */
  const unit = (x: Tensor, scale: number) =>
    e.scale(e.rmsNorm(x, undefined, config.epsilon / keySize, keySize), scale / Math.sqrt(keySize));
  const attended = e.deltaRule(
    unit(convolved(q, 'qFilter', 0), 1 / Math.sqrt(keySize)),
    unit(convolved(k, 'kFilter', 1), 1),
    convolved(v, 'vFilter', 2),
    e.mulRow(e.activate(alpha, 'softplus'), required(w, 'decay')),
    e.activate(beta, 'sigmoid'),
    spans,
    { layer: index, state: 3, keySize, sharing },
  );
  return linear(code, w, 'ruleOut', e.gated(z, rmsNorm(code, w, 'ruleNorm', attended), 'silu'));
}
