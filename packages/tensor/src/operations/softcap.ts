import type { Tensor } from '../tensors.ts';
import { extremeValues } from './activation.ts';
import { defineOperation } from './operation.ts';

/** `cap * tanh(x / cap)`, element by element. Gemma 2, arXiv:2408.00118. */
export const softcap = defineOperation({
  of: (x: Tensor, cap: number) => ({ x, cap }),
  reads: ({ x }) => [x],
  shape: ({ x }) => x.shape,
  compute: ({ x, cap }, given) => given.values(x).map((value) => cap * Math.tanh(value / cap)),
}).withCases([
  {
    name: 'also of extreme values',
    arguments: (on) => [on.input([3, 341], extremeValues), 30],
  },
]);
