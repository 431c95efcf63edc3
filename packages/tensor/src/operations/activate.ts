import type { Tensor } from '../tensors.ts';
import { activationNames, activations, extremeValues, type Activation } from './activation.ts';
import { defineOperation } from './operation.ts';

/** `activation(x)`, element by element. */
export const activate = defineOperation({
  of: (x: Tensor, activation: Activation) => ({ x, activation }),
  reads: ({ x }) => [x],
  shape: ({ x }) => x.shape,
  compute: ({ x, activation }, given) => given.values(x).map((value) => activations[activation](value)),
}).withCases(
  activationNames.map((activation) => ({
    name: `${activation}, also of extreme values`,
    arguments: (on) => [on.input([3, 341], extremeValues), activation],
  })),
);
