import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/**
 * `x · weightᵀ`: x `[tokens, in]`, weight `[out, in]`, result `[tokens, out]`. The conformance suite runs the operation with
 * every data type that a backend has (`conformance/products.ts`).
 */
export const matmul = defineOperation({
  of: (weight: Weight, x: Tensor) => ({ weight, x }),
  reads: ({ x }) => [x],
  shape({ weight, x }) {
    const [rows = 0, width] = weight.shape;
    if (weight.shape.length !== 2 || width !== sizes(x)[1])
      mismatch('matmul', { weight: weight.shape, x: x.shape });
    if (weight.parts) checkParts(weight, weight.parts);
    return [sizes(x)[0], rows];
  },
  compute({ weight, x }, given) {
    const values = given.values(x);
    const [outWidth = 0, inWidth = 0] = weight.shape;
    const tokens = elements(x.shape) / inWidth;
    const out = new Float64Array(tokens * outWidth);
    for (let token = 0; token < tokens; token++) {
      for (let row = 0; row < outWidth; row++) {
        let sum = 0;
        for (let i = 0; i < inWidth; i++)
          sum += at(values, token * inWidth + i) * at(given.weight, row * inWidth + i);
        out[token * outWidth + row] = sum;
      }
    }
    return out;
  },
}).withCases([
  {
    name: 'float weights',
    arguments: (on) => [on.weight('F32', [33, 70]), on.input([4, 70])],
  },
]);

/** Checks that the parts together are the matrix. @throws RondoError `BAD_SHAPE` */
export function checkParts(weight: Weight, parts: readonly Weight[]): void {
  const [rows, width] = weight.shape;
  const partRows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const alike = parts.every(
    ({ dtype, shape }) => dtype === weight.dtype && shape.length === 2 && shape[1] === width,
  );
  if (!alike || partRows !== rows)
    mismatch(`matmul with ${parts.length} parts of ${weight.dtype}`, {
      weight: weight.shape,
      ...Object.fromEntries(parts.map(({ shape }, index) => [`part ${index}`, shape])),
    });
}
