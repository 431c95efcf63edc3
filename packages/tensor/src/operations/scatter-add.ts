import { checkRowNumbers, mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/** Adds row i of `addend`, multiplied by `scales[i]`, to row `rows[i]` of x `[tokens, width]`. The numbers in `rows` differ. */
export const scatterAdd = defineOperation({
  of: (x: Tensor, addend: Tensor, rows: readonly number[], scales: readonly number[]) => ({
    x,
    addend,
    rows,
    scales,
  }),
  reads: ({ x, addend }) => [x, addend],
  shape({ x, addend, rows, scales }) {
    checkRowNumbers('scatterAdd', x, rows);
    const [count, width] = sizes(addend);
    const once = new Set(rows).size === rows.length;
    if (!once || width !== sizes(x)[1] || rows.length !== count || scales.length !== count)
      mismatch(`scatterAdd to rows [${rows.join(', ')}]`, { x: x.shape, addend: addend.shape });
    return x.shape;
  },
  compute({ x, addend, rows, scales }, given) {
    const [, width] = sizes(x);
    const out = new Float64Array(given.values(x));
    for (const [i, value] of given.values(addend).entries()) {
      const from = Math.floor(i / width);
      const to = at(rows, from) * width + (i % width);
      out[to] = at(out, to) + at(scales, from) * value;
    }
    return out;
  },
}).withCases(
  [3, 64, 1030].map((width) => ({
    name: `rows of ${width} values`,
    arguments: (on) => [on.input([5, width]), on.input([3, width]), [3, 0, 2], [0.5, -2, 1]],
  })),
);
