import { mismatch, sizes } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { activationNames, activations, extremeValues, type Activation } from './activation.ts';
import { at, defineOperation } from './operation.ts';

/**
 * How a gate and a value become one value: `activation(gate) * up`, or `swigluOai`, the form of gpt-oss. With g = min(gate, 7)
 * and u = up, limited to -7 to 7, `swigluOai` is g·σ(1.702·g)·(u + 1). OpenAI 2025, arXiv:2508.10925.
 */
export type GatedForm = Activation | 'swigluOai';

/** The names of the forms. */
const gatedForms: readonly GatedForm[] = [...activationNames, 'swigluOai'];

/** A form in double precision. */
function gatedValue(form: GatedForm, gate: number, up: number): number {
  if (form !== 'swigluOai') return activations[form](gate) * up;
  const limited = Math.min(gate, 7);
  return (limited / (1 + Math.exp(-1.702 * limited))) * (Math.max(-7, Math.min(up, 7)) + 1);
}

/**
 * Applies a gate to `up`, element by element; `form` is the formula. gate `[tokens, groups]`, up and result `[tokens, groups * size]`: each value of the
 * gate applies to `size` adjacent values of `up`. Example: one gate per head, for all values of the head.
 */
export const gated = defineOperation({
  of: (gate: Tensor, up: Tensor, form: GatedForm) => ({ gate, up, form }),
  reads: ({ gate, up }) => [gate, up],
  shape({ gate, up }) {
    const [rows, groups] = sizes(gate);
    const [upRows, width] = sizes(up);
    if (rows !== upRows || width % groups !== 0) mismatch('gated', { gate: gate.shape, up: up.shape });
    return up.shape;
  },
  compute({ gate, up, form }, given) {
    const gates = given.values(gate);
    const values = given.values(up);
    const size = values.length / gates.length;
    return values.map((value, i) => gatedValue(form, at(gates, Math.floor(i / size)), value));
  },
}).withCases(
  gatedForms.map((form) => ({
    name: `${form}, also of extreme values`,
    arguments: (on) => [on.input([3, 341], extremeValues), on.input([3, 341]), form],
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
      name: 'swigluOai, values beyond its limits on both sides',
      arguments: (on) => [
        on.input([2, 9], [7, 7.5, -7.5, 8, 3, -3, 0, 900, -900]),
        on.input([2, 9], [7, 8, -8, -1, 900, -900, 0, -7, 7]),
        'swigluOai',
      ],
    },
    {
      name: 'swigluOai, one value of the gate for each head',
      arguments: (on) => [on.input([5, 6], [9, -9]), on.input([5, 48], extremeValues), 'swigluOai'],
    },
    {
      name: 'one token',
      isTimed: true,
      arguments: (on) => [on.input([1, 5632]), on.input([1, 5632]), 'silu'],
    },
  ],
);
