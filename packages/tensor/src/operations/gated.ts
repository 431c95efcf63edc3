import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { activationNames, activations, extremeValues, type Activation } from './activation.ts';
import { at, defineOperation } from './operation.ts';

/**
 * `activation(gate) * up`, element by element. gate `[tokens, groups]`, up and result `[tokens, groups * size]`: each value of
 * the gate multiplies `size` adjacent values of a row, such as the values of a head.
 */
export const gated = defineOperation({
  of: (gate: Tensor, up: Tensor, activation: Activation) => ({ gate, up, activation }),
  reads: ({ gate, up }) => [gate, up],
  shape({ gate, up }) {
    const [rows, groups] = sizes(gate);
    const [upRows, width] = sizes(up);
    if (rows !== upRows || width % groups !== 0) mismatch('gated', { gate: gate.shape, up: up.shape });
    return up.shape;
  },
  compute({ gate, up, activation }, given) {
    const factors = given.values(gate).map((value) => activations[activation](value));
    const values = given.values(up);
    const size = values.length / factors.length;
    return values.map((value, i) => at(factors, Math.floor(i / size)) * value);
  },
}).withCases(
  activationNames.map((activation) => ({
    name: `${activation}, also of extreme values`,
    arguments: (on) => [on.input([3, 341], extremeValues), on.input([3, 341]), activation],
  })),
  [
    {
      name: 'one value of the gate for each row',
      arguments: (on) => [on.input([3, 1]), on.input([3, 341]), 'sigmoid'],
    },
    {
      name: 'one value of the gate for each head',
      arguments: (on) => [on.input([5, 6]), on.input([5, 48]), 'silu'],
    },
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 5632]), on.input([1, 5632]), 'silu'],
    },
  ],
);
