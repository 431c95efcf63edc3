import { sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';
import { checkRow } from './row-operands.ts';

/** Adds a row F32 `[width]`, such as a bias, to each row of x `[tokens, width]`. */
export const addRow = defineOperation({
  of: (x: Tensor, weight: Weight) => ({ x, weight }),
  reads: ({ x }) => [x],
  shape({ x, weight }) {
    checkRow('addRow', x, weight);
    return x.shape;
  },
  compute({ x }, given) {
    const [, width] = sizes(x);
    return given.values(x).map((value, i) => value + at(given.weight, i % width));
  },
}).withCases(
  (
    [
      [1, 2],
      [3, 7],
      [5, 1030],
    ] as const
  ).map(([tokens, width]) => ({
    name: `${tokens} rows of ${width} values`,
    arguments: (on) => [on.input([tokens, width]), on.weight('F32', [width])],
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 2048]), on.weight('F32', [2048])],
    },
  ],
);
