import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/**
 * The `count` largest values of each row of x `[tokens, width]`: `[tokens, 2 * count]`. First come the values, the largest
 * first; of equal values, the value in the lower column comes first. Then come the columns of the values. NaN counts as the
 * largest value, so that a NaN is seen.
 */
export const topK = defineOperation({
  of: (x: Tensor, count: number) => ({ x, count }),
  reads: ({ x }) => [x],
  shape({ x, count }) {
    if (!(count >= 1 && count <= sizes(x)[1])) mismatch(`topK of ${count}`, { x: x.shape });
    return [sizes(x)[0], 2 * count];
  },
  compute({ x, count }, given) {
    const [rows, width] = sizes(x);
    const out = new Float64Array(rows * 2 * count);
    for (let row = 0; row < rows; row++) {
      const values = given.values(x).subarray(row * width, (row + 1) * width);
      const rank = (column: number) =>
        Number.isNaN(at(values, column)) ? Number.POSITIVE_INFINITY : at(values, column);
      const columns = [...values.keys()].sort((a, b) => rank(b) - rank(a) || a - b).slice(0, count);
      out.set(
        columns.map((column) => at(values, column)),
        row * 2 * count,
      );
      out.set(columns, row * 2 * count + count);
    }
    return out;
  },
}).withCases(
  (
    [
      [5, 5],
      [64, 1],
      [1003, 8],
    ] as const
  ).map(([width, count]) => ({
    name: `${count} of ${width}, equal values too`,
    tolerance: 0,
    arguments: (on) => [on.input([3, width], [2, 9, 9, -1, 9]), count],
  })),
  [
    {
      name: 'the best of a vocabulary',
      tolerance: 0,
      isTimed: true,
      arguments: (on) => [on.input([1, 32_000]), 40],
    },
  ],
);
