import { checkAlike } from '../shapes.ts';
import type { Tensor } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/** `a + b`, element by element. */
export const add = defineOperation({
  of: (a: Tensor, b: Tensor) => ({ a, b }),
  reads: ({ a, b }) => [a, b],
  shape({ a, b }) {
    checkAlike('add', a, b);
    return a.shape;
  },
  compute({ a, b }, given) {
    const addends = given.values(b);
    return given.values(a).map((value, i) => value + at(addends, i));
  },
}).withCases([
  { name: 'odd sizes', arguments: (on) => [on.input([3, 341]), on.input([3, 341])] },
  {
    name: 'one token',
    isTimed: true,
    arguments: (on) => [on.input([1, 2048]), on.input([1, 2048])],
  },
]);
