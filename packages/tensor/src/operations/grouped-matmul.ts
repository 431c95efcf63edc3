import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { checkParts } from './matmul.ts';
import { at, defineOperation, type CaseOperands } from './operation.ts';

/**
 * A product for each of `groups` groups of columns, such as the heads of attention, each with a matrix of its own. x
 * `[tokens, groups * in]`, weight `[groups * out, in]` with the matrices one after the other, result `[tokens, groups * out]`.
 */
export const groupedMatmul = defineOperation({
  of: (weight: Weight, x: Tensor, groups: number) => ({ weight, x, groups }),
  reads: ({ x }) => [x],
  shape({ weight, x, groups }) {
    const [rows = 0, width = 0] = weight.shape;
    if (weight.shape.length !== 2 || groups * width !== sizes(x)[1] || rows % groups !== 0)
      mismatch(`groupedMatmul of ${groups} groups`, { weight: weight.shape, x: x.shape });
    if (weight.parts) checkParts(weight, weight.parts);
    return [sizes(x)[0], rows];
  },
  compute({ weight, x, groups }, given) {
    const values = given.values(x);
    const [rows = 0, width = 0] = weight.shape;
    const tokens = elements(x.shape) / (groups * width);
    const out = new Float64Array(tokens * rows);
    for (let token = 0; token < tokens; token++) {
      for (let row = 0; row < rows; row++) {
        const first = (token * groups + Math.floor((row * groups) / rows)) * width;
        let sum = 0;
        for (let i = 0; i < width; i++) sum += at(values, first + i) * at(given.weight, row * width + i);
        out[token * rows + row] = sum;
      }
    }
    return out;
  },
}).withCases([
  {
    name: 'float weights, one token',
    arguments: (on) => [on.weight('F32', [3 * 33, 64]), on.input([1, 3 * 64]), 3],
  },
  {
    name: 'float weights, several tokens',
    arguments: (on) => [on.weight('F32', [4 * 16, 48]), on.input([5, 4 * 48]), 4],
  },
  {
    name: 'many tokens',
    arguments: (on) => [on.weight('F32', [2 * 40, 32]), on.input([70, 2 * 32]), 2],
  },
  // The tolerance is for activations in 8 bits.
  ...[1, 3, 40].map((tokens) => ({
    name: `quantized weights, ${tokens} tokens`,
    tolerance: 2e-2,
    arguments: (on: CaseOperands): [Weight, Tensor, number] => [
      on.weight('Q8_0', [3 * 20, 128]),
      on.input([tokens, 3 * 128]),
      3,
    ],
  })),
]);
