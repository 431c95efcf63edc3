import { checkAlike } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { activationNames, activations, extremeValues, type Activation } from './activation.ts';
import { at, defineOperation } from './operation.ts';

/** `activation(gate) * up`, element by element. */
export const gated = defineOperation({
  of: (gate: Tensor, up: Tensor, activation: Activation) => ({ gate, up, activation }),
  reads: ({ gate, up }) => [gate, up],
  shape({ gate, up }) {
    checkAlike('gated', gate, up);
    return gate.shape;
  },
  compute({ gate, up, activation }, given) {
    const factors = given.values(up);
    return given.values(gate).map((value, i) => activations[activation](value) * at(factors, i));
  },
}).withCases(
  activationNames.map((activation) => ({
    name: `${activation}, also of extreme values`,
    arguments: (on) => [on.input([3, 341], extremeValues), on.input([3, 341]), activation],
  })),
  [
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 5632]), on.input([1, 5632]), 'silu'],
    },
  ],
);
