import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/**
 * The columns of two tensors side by side, in each of `groups` groups: first the columns of a `[tokens, groups * first]`, then
 * the columns of b `[tokens, groups * second]`. Result `[tokens, groups * (first + second)]`. The inverse of `columns`.
 */
export const joinColumns = defineOperation({
  of: (a: Tensor, b: Tensor, groups: number) => ({ a, b, groups }),
  reads: ({ a, b }) => [a, b],
  shape({ a, b, groups }) {
    const [rows, first] = sizes(a);
    const [others, second] = sizes(b);
    if (rows !== others || first % groups !== 0 || second % groups !== 0)
      mismatch(`joinColumns in ${groups} groups`, { a: a.shape, b: b.shape });
    return [rows, first + second];
  },
  compute({ a, b, groups }, given) {
    const [first, second] = [sizes(a)[1] / groups, sizes(b)[1] / groups];
    const all = first + second;
    const [rows] = sizes(a);
    return Float64Array.from({ length: rows * groups * all }, (_, i) => {
      const group = Math.floor(i / all);
      const column = i % all;
      return column < first
        ? at(given.values(a), group * first + column)
        : at(given.values(b), group * second + column - first);
    });
  },
}).withCases([
  { name: 'one group', arguments: (on) => [on.input([3, 70]), on.input([3, 5]), 1] },
  { name: 'two parts of each head', arguments: (on) => [on.input([2, 96]), on.input([2, 24]), 3] },
]);
