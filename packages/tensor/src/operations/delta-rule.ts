import { checkSpans, checkState, type AttentionSpan, type StateIndex } from '../kv-cache.ts';
import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation, type CaseOperands } from './operation.ts';
import { carryTokenByToken } from './recurrence.ts';

/** The options of the delta rule, and its state. */
export interface DeltaRuleOptions extends StateIndex {
  /** Number of values in a head's query, and in its key. */
  readonly keySize: number;
  /**
   * The key head that each value head uses, if there are fewer key heads than value heads. `blocks`: adjacent value heads share
   * a key head. `rounds`: value head i uses key head i modulo the number of key heads.
   */
  readonly sharing: 'blocks' | 'rounds';
}

/**
 * The gated delta rule, Yang et al. 2024, arXiv:2412.06464. Each value head has a state S `[valueSize, keySize]`. Each token,
 * with the head's query q, key k, value v, log of decay g and strength β, updates S and gives a result:
 *
 *     S = e^g S;  S = S + β (v - S k) kᵀ;  out = S q
 *
 * q and k `[tokens, keyHeads * keySize]`, v and result `[tokens, heads * valueSize]`, g and β `[tokens, heads]`. The state of a
 * sequence has `heads * valueSize * keySize` values.
 *
 * `shape` also throws `BAD_ARGUMENT` for a cache without such a state. The cases that continue from a state are in
 * `conformance/recurrent.ts`.
 */
export const deltaRule = defineOperation({
  of: (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    g: Tensor,
    beta: Tensor,
    spans: readonly AttentionSpan[],
    options: DeltaRuleOptions,
  ) => ({ q, k, v, g, beta, spans, options }),
  reads: ({ q, k, v, g, beta }) => [q, k, v, g, beta],
  shape({ q, k, v, g, beta, spans, options }) {
    const [rows, width] = sizes(v);
    const [, heads] = sizes(g);
    const [, keyWidth] = sizes(k);
    const { keySize } = options;
    const keyHeads = keyWidth / keySize;
    checkSpans('deltaRule', spans, rows);
    const alike = [q, k, g, beta].every((tensor) => sizes(tensor)[0] === rows);
    const fits = sizes(q)[1] === keyWidth && sizes(beta)[1] === heads && width % heads === 0;
    if (!alike || !fits || !Number.isInteger(keyHeads) || heads % keyHeads !== 0)
      mismatch(`deltaRule with keys of ${keySize} values`, {
        q: q.shape,
        k: k.shape,
        v: v.shape,
        g: g.shape,
        beta: beta.shape,
      });
    checkState('deltaRule', spans, options, width * keySize);
    return v.shape;
  },
  compute({ q, k, v, g, beta, spans, options }, given) {
    const { keySize, sharing } = options;
    const [, width] = sizes(v);
    const [, heads] = sizes(g);
    const [, keyWidth] = sizes(k);
    const [queries, keys, values] = [given.values(q), given.values(k), given.values(v)];
    const out = new Float64Array(values.length);
    carryTokenByToken(given, spans, options, width * keySize, (row, state) => {
      for (let line = 0; line < width; line++) {
        const head = Math.floor(line / (width / heads));
        const keyHeads = keyWidth / keySize;
        const keyHead = sharing === 'rounds' ? head % keyHeads : Math.floor(head / (heads / keyHeads));
        const from = row * keyWidth + keyHead * keySize;
        const decay = Math.exp(at(given.values(g), row * heads + head));
        const s = state.subarray(line * keySize, (line + 1) * keySize);
        let known = 0;
        for (let i = 0; i < keySize; i++) {
          s[i] = at(s, i) * decay;
          known += at(s, i) * at(keys, from + i);
        }
        const change = at(given.values(beta), row * heads + head) * (at(values, row * width + line) - known);
        let sum = 0;
        for (let i = 0; i < keySize; i++) {
          s[i] = at(s, i) + change * at(keys, from + i);
          sum += at(s, i) * at(queries, from + i);
        }
        out[row * width + line] = sum;
      }
    });
    return out;
  },
}).withCases(
  (
    [
      [1, 2, 2, 8, 8, 'rounds'],
      [5, 2, 4, 16, 8, 'rounds'],
      [5, 2, 6, 7, 5, 'blocks'],
      [3, 1, 3, 100, 33, 'blocks'],
      [33, 2, 4, 128, 128, 'rounds'],
    ] as const
  ).map(([tokens, keyHeads, heads, keySize, valueSize, sharing]) => ({
    name: `${tokens} tokens, ${heads} heads of ${valueSize}, ${keyHeads} of keys of ${keySize} (${sharing}), from the beginning`,
    arguments: (on) => deltaArguments(on, tokens, keyHeads, heads, keySize, valueSize, sharing),
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => deltaArguments(on, 1, 16, 32, 128, 128, 'rounds'),
    },
  ],
);

/** Operands in the ranges of a model: keys of length 1, decays below 1, strengths between 0 and 1. */
function deltaArguments(
  on: CaseOperands,
  tokens: number,
  keyHeads: number,
  heads: number,
  keySize: number,
  valueSize: number,
  sharing: DeltaRuleOptions['sharing'],
): [Tensor, Tensor, Tensor, Tensor, Tensor, AttentionSpan[], DeltaRuleOptions] {
  const cache = on.states([heads * valueSize * keySize]);
  const key = (index: number) => Math.sin(index * 1.7 + 1) * Math.sqrt(2 / keySize);
  const keys = Array.from({ length: tokens * keyHeads * keySize }, (_, index) => key(index));
  const logs = Array.from({ length: tokens * heads }, (_, index) => -0.1 - (index % 3));
  const strengths = Array.from({ length: tokens * heads }, (_, index) => 0.2 + 0.1 * (index % 7));
  return [
    on.input([tokens, keyHeads * keySize]),
    on.input([tokens, keyHeads * keySize], keys),
    on.input([tokens, heads * valueSize]),
    on.input([tokens, heads], logs),
    on.input([tokens, heads], strengths),
    [{ cache, position: 0, tokens }],
    { layer: 0, state: 0, keySize, sharing },
  ];
}
