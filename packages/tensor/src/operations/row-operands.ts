import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';

/** Checks that `row` is F32 `[width]`, for x `[tokens, width]`. @throws RondoError `BAD_SHAPE` */
export function checkRow(operation: string, x: Tensor, row: Weight): void {
  if (row.dtype !== 'F32' || elements(row.shape) !== sizes(x)[1])
    mismatch(`${operation} with a ${row.dtype} weight`, { x: x.shape, weight: row.shape });
}
