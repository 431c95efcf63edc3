import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/**
 * `x / sqrt(mean(x²) + epsilon) * weight`. x `[tokens, width]`, weight F32 `[size]`, where `size` divides `width`: each group
 * of `size` values of a row, such as a head, is normalized on its own. Without a weight, the factor is 1 and `size` must be
 * given. Zhang & Sennrich 2019, arXiv:1910.07467.
 */
export const rmsNorm = defineOperation({
  of: (
    x: Tensor,
    weight: Weight | undefined,
    epsilon: number,
    size: number = elements(weight?.shape ?? [0]),
  ) => ({
    x,
    weight,
    epsilon,
    size,
  }),
  reads: ({ x }) => [x],
  shape({ x, weight, size }) {
    const fits = weight === undefined || (weight.dtype === 'F32' && elements(weight.shape) === size);
    if (!fits || !(sizes(x)[1] % size === 0))
      mismatch(`rmsNorm of groups of ${size} values with ${weight ? `a ${weight.dtype}` : 'no'} weight`, {
        x: x.shape,
        ...(weight && { weight: weight.shape }),
      });
    return x.shape;
  },
  compute({ x, weight, epsilon, size }, given) {
    const values = given.values(x);
    const out = new Float64Array(values.length);
    for (let start = 0; start < values.length; start += size) {
      const group = values.subarray(start, start + size);
      const squares = group.reduce((sum, value) => sum + value ** 2, 0);
      const scale = 1 / Math.sqrt(squares / size + epsilon);
      for (const [i, value] of group.entries())
        out[start + i] = value * scale * (weight ? at(given.weight, i) : 1);
    }
    return out;
  },
}).withCases(
  (
    [
      [1, 1, 1],
      [3, 1, 7],
      [2, 1, 64],
      [5, 1, 1030],
      [3, 5, 7],
      [2, 3, 64],
      [1, 2, 600],
    ] as const
  ).flatMap(([tokens, groups, size]) => [
    {
      name: `${tokens} rows of ${groups} groups of ${size} values`,
      arguments: (on) => [on.input([tokens, groups * size]), on.weight('F32', [size]), 1e-5],
    },
    {
      name: `${tokens} rows of ${groups} groups of ${size} values, no weight`,
      arguments: (on) => [on.input([tokens, groups * size]), undefined, 1e-5, size],
    },
  ]),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 2048]), on.weight('F32', [2048]), 1e-5],
    },
  ],
);
