import { checkSpans, checkState, spansWithRows, type AttentionSpan, type StateIndex } from '../kv-cache.ts';
import { mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/**
 * Causal convolution of each channel on its own: row t of the result is the sum over j of weight[channel, j] times row
 * `t - (size - 1) + j` of the sequence's x. x `[tokens, channels]`, weight F32 `[channels, size]` with `size` at least 2. The
 * state holds the last `size - 1` rows of x, `(size - 1) * channels` values.
 *
 * `shape` also throws `BAD_ARGUMENT` for a cache without such a state. The cases that continue from a state are in
 * `conformance/recurrent.ts`.
 */
export const convolve = defineOperation({
  of: (x: Tensor, weight: Weight, spans: readonly AttentionSpan[], state: StateIndex) => ({
    x,
    weight,
    spans,
    state,
  }),
  reads: ({ x }) => [x],
  shape({ x, weight, spans, state }) {
    const [rows, channels] = sizes(x);
    const [filters = 0, size = 0] = weight.shape;
    checkSpans('convolve', spans, rows);
    if (weight.dtype !== 'F32' || weight.shape.length !== 2 || filters !== channels || size < 2)
      mismatch(`convolve with a ${weight.dtype} weight`, { x: x.shape, weight: weight.shape });
    checkState('convolve', spans, state, (size - 1) * channels);
    return x.shape;
  },
  compute({ x, weight, spans, state }, given) {
    const [, channels] = sizes(x);
    const past = (weight.shape[1] ?? 1) - 1;
    const values = given.values(x);
    const out = new Float64Array(values.length);
    for (const { span, row: first } of spansWithRows(spans)) {
      /** The window before the span, followed by the rows of the span. */
      const whole = new Float64Array((past + span.tokens) * channels);
      whole.set(values.subarray(first * channels, (first + span.tokens) * channels), past * channels);
      given.carry(span, state, past * channels, (before) => {
        whole.set(before);
        return (tokens) => whole.slice(tokens * channels, (tokens + past) * channels);
      });
      for (let i = 0; i < span.tokens * channels; i++) {
        let sum = 0;
        for (let j = 0; j <= past; j++)
          sum += at(given.weight, (i % channels) * (past + 1) + j) * at(whole, i + j * channels);
        out[first * channels + i] = sum;
      }
    }
    return out;
  },
}).withCases(
  (
    [
      [1, 4, 64],
      [7, 4, 37],
      [3, 3, 100],
      [2, 2, 5],
      [40, 4, 300],
    ] as const
  ).map(([tokens, size, channels]) => ({
    name: `${tokens} tokens of ${channels} channels, ${size} values each, from the beginning`,
    arguments: (on) => [
      on.input([tokens, channels]),
      on.weight('F32', [channels, size]),
      [{ cache: on.states([(size - 1) * channels]), position: 0, tokens }],
      { layer: 0, state: 0 },
    ],
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [
        on.input([1, 6144]),
        on.weight('F32', [6144, 4]),
        [{ cache: on.states([3 * 6144]), position: 0, tokens: 1 }],
        { layer: 0, state: 0 },
      ],
    },
  ],
);
