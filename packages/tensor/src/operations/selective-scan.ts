import { checkSpans, checkState, type AttentionSpan, type StateIndex } from '../kv-cache.ts';
import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation, type CaseOperands } from './operation.ts';
import { carryTokenByToken } from './recurrence.ts';

/** The options of the selective scan, and its state. */
export interface SelectiveScanOptions extends StateIndex {
  /** Number of values in the B, and in the C, of a group of heads. */
  readonly stateSize: number;
}

/**
 * The selective scan of Mamba-2, Dao & Gu 2024, arXiv:2405.21060. Each head has a state S `[headSize, stateSize]`. Each token,
 * with the head's input x, B and C of the head's group, log of decay g and time step Δ, updates S and gives a result:
 *
 *     S = e^g S + Δ x Bᵀ;  out = S C + D x
 *
 * c and b `[tokens, groups * stateSize]`, x and result `[tokens, heads * headSize]`, g and Δ `[tokens, heads]`; the weight D,
 * F32, has a value for each head. Adjacent heads are a group. The state of a sequence has `heads * headSize * stateSize`
 * values.
 *
 * `shape` also throws `BAD_ARGUMENT` for a cache without such a state. The cases that continue from a state are in
 * `conformance/recurrent.ts`.
 */
export const selectiveScan = defineOperation({
  of: (
    c: Tensor,
    b: Tensor,
    x: Tensor,
    g: Tensor,
    step: Tensor,
    weight: Weight,
    spans: readonly AttentionSpan[],
    options: SelectiveScanOptions,
  ) => ({ c, b, x, g, step, weight, spans, options }),
  reads: ({ c, b, x, g, step }) => [c, b, x, g, step],
  shape({ c, b, x, g, step, weight, spans, options }) {
    const [rows, width] = sizes(x);
    const [, heads] = sizes(g);
    const [, groupsWidth] = sizes(b);
    const { stateSize } = options;
    const groups = groupsWidth / stateSize;
    checkSpans('selectiveScan', spans, rows);
    const alike = [c, b, g, step].every((tensor) => sizes(tensor)[0] === rows);
    const fits = sizes(c)[1] === groupsWidth && sizes(step)[1] === heads && width % heads === 0;
    const hasD = weight.dtype === 'F32' && elements(weight.shape) === heads;
    if (!alike || !fits || !hasD || !Number.isInteger(groups) || heads % groups !== 0)
      mismatch(`selectiveScan with states of ${stateSize} values and a ${weight.dtype} weight`, {
        c: c.shape,
        b: b.shape,
        x: x.shape,
        g: g.shape,
        step: step.shape,
        weight: weight.shape,
      });
    checkState('selectiveScan', spans, options, width * stateSize);
    return x.shape;
  },
  compute({ c, b, x, g, step, spans, options }, given) {
    const { stateSize } = options;
    const [, width] = sizes(x);
    const [, heads] = sizes(g);
    const [, groupsWidth] = sizes(b);
    const [outputs, inputs, values] = [given.values(c), given.values(b), given.values(x)];
    const out = new Float64Array(values.length);
    carryTokenByToken(given, spans, options, width * stateSize, (row, state) => {
      for (let line = 0; line < width; line++) {
        const head = Math.floor(line / (width / heads));
        const from = row * groupsWidth + Math.floor(head / ((heads * stateSize) / groupsWidth)) * stateSize;
        const decay = Math.exp(at(given.values(g), row * heads + head));
        const value = at(values, row * width + line);
        const change = at(given.values(step), row * heads + head) * value;
        let sum = at(given.weight, head) * value;
        for (let i = 0; i < stateSize; i++) {
          const now = at(state, line * stateSize + i) * decay + change * at(inputs, from + i);
          state[line * stateSize + i] = now;
          sum += now * at(outputs, from + i);
        }
        out[row * width + line] = sum;
      }
    });
    return out;
  },
}).withCases(
  (
    [
      [1, 1, 2, 8, 16],
      [5, 2, 4, 16, 8],
      [5, 2, 6, 5, 7],
      [3, 3, 3, 33, 100],
      [33, 1, 4, 64, 128],
    ] as const
  ).map(([tokens, groups, heads, headSize, stateSize]) => ({
    name: `${tokens} tokens, ${heads} heads of ${headSize} in ${groups} groups, states of ${stateSize}, from the beginning`,
    arguments: (on) => scanArguments(on, tokens, groups, heads, headSize, stateSize),
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => scanArguments(on, 1, 1, 48, 64, 128),
    },
  ],
);

/** Operands in the ranges of a model: decays below 1, time steps above 0. */
function scanArguments(
  on: CaseOperands,
  tokens: number,
  groups: number,
  heads: number,
  headSize: number,
  stateSize: number,
): [Tensor, Tensor, Tensor, Tensor, Tensor, Weight, AttentionSpan[], SelectiveScanOptions] {
  const cache = on.states([heads * headSize * stateSize]);
  const logs = Array.from({ length: tokens * heads }, (_, index) => -0.1 - (index % 3));
  const steps = Array.from({ length: tokens * heads }, (_, index) => 0.2 + 0.1 * (index % 7));
  return [
    on.input([tokens, groups * stateSize]),
    on.input([tokens, groups * stateSize]),
    on.input([tokens, heads * headSize]),
    on.input([tokens, heads], logs),
    on.input([tokens, heads], steps),
    on.weight('F32', [heads]),
    [{ cache, position: 0, tokens }],
    { layer: 0, state: 0, stateSize },
  ];
}
