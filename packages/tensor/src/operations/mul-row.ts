import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';
import { checkRow } from './row-operands.ts';

/** Each row of x `[tokens, width]` times a weight F32 `[width]`, element by element. */
export const mulRow = defineOperation({
  of: (x: Tensor, weight: Weight) => ({ x, weight }),
  reads: ({ x }) => [x],
  shape({ x, weight }) {
    checkRow('mulRow', x, weight);
    return x.shape;
  },
  compute: ({ x }, given) =>
    given.values(x).map((value, i) => value * at(given.weight, i % given.weight.length)),
}).withCases(
  [1, 7, 64, 1030].map((width) => ({
    name: `rows of ${width} values`,
    arguments: (on) => [on.input([3, width]), on.weight('F32', [width])],
  })),
);
