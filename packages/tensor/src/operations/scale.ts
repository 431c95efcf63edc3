import type { Tensor } from '../tensors.ts';
import { extremeValues } from './activation.ts';
import { defineOperation } from './operation.ts';

/** `x * factor`, element by element. */
export const scale = defineOperation({
  of: (x: Tensor, factor: number) => ({ x, factor }),
  reads: ({ x }) => [x],
  shape: ({ x }) => x.shape,
  compute: ({ x, factor }, given) => given.values(x).map((value) => value * factor),
}).withCases([
  {
    name: 'also of extreme values',
    arguments: (on) => [on.input([3, 341], extremeValues), -0.37],
  },
]);
