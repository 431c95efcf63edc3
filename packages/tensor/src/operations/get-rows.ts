import { checkRowNumbers, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { defineOperation } from './operation.ts';

/** The rows of x `[tokens, width]` with the numbers `rows`, in the order of `rows`: `[rows.length, width]`. */
export const getRows = defineOperation({
  of: (x: Tensor, rows: readonly number[]) => ({ x, rows }),
  reads: ({ x }) => [x],
  shape({ x, rows }) {
    checkRowNumbers('getRows', x, rows);
    return [rows.length, sizes(x)[1]];
  },
  compute({ x, rows }, given) {
    const [, width] = sizes(x);
    const out = new Float64Array(rows.length * width);
    for (const [i, row] of rows.entries())
      out.set(given.values(x).subarray(row * width, (row + 1) * width), i * width);
    return out;
  },
}).withCases(
  [3, 64, 1030].map((width) => ({
    name: `rows of ${width} values, one of them twice`,
    arguments: (on) => [on.input([5, width]), [4, 1, 1, 0]],
  })),
);
