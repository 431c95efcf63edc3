import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/** The columns to take: `count` columns from `start` on, in each group of `group` columns. */
export interface ColumnsOptions {
  readonly group: number;
  readonly start: number;
  readonly count: number;
}

/**
 * Columns of x `[tokens, groups * group]`: in each group, `count` columns from its column `start` on. Result
 * `[tokens, groups * count]`, in the order of the groups. Use: a product holds several tensors side by side, for all heads
 * together or in each head, and `columns` extracts one of these tensors.
 */
export const columns = defineOperation({
  of: (x: Tensor, options: ColumnsOptions) => ({ x, options }),
  reads: ({ x }) => [x],
  shape({ x, options: { group, start, count } }) {
    const [rows, width] = sizes(x);
    if (width % group !== 0 || start < 0 || count < 1 || start + count > group)
      mismatch(`columns ${start} to ${start + count} of each ${group}`, { x: x.shape });
    return [rows, (width / group) * count];
  },
  compute({ x, options: { group, start, count } }, given) {
    const values = given.values(x);
    return Float64Array.from({ length: (values.length / group) * count }, (_, i) =>
      at(values, Math.floor(i / count) * group + start + (i % count)),
    );
  },
}).withCases([
  { name: 'one group', arguments: (on) => [on.input([3, 70]), { group: 70, start: 3, count: 64 }] },
  {
    name: 'the second half of each head',
    arguments: (on) => [on.input([2, 96]), { group: 32, start: 16, count: 16 }],
  },
  {
    name: 'single columns of small groups',
    arguments: (on) => [on.input([5, 12]), { group: 4, start: 1, count: 1 }],
  },
]);
