// Sizes of shapes, and the error when they do not go together.
import { RondoError } from '@rondo/errors';
import type { Shape, Tensor } from '@rondo/tensor';

/** @throws RondoError `BAD_SHAPE` naming the operation and the shapes */
export function mismatch(operation: string, shapes: Record<string, Shape>): never {
  const list = Object.entries(shapes).map(([name, shape]) => `${name} [${shape.join(', ')}]`);
  throw new RondoError('BAD_SHAPE', `${operation}: these shapes do not go together: ${list.join(', ')}.`, {
    details: { operation, shapes },
  });
}

/** Rows and width of an activation. */
export function sizes(tensor: Tensor): [rows: number, width: number] {
  const width = tensor.shape.at(-1) ?? 1;
  return [elements(tensor.shape) / width, width];
}

/** Number of values of a shape. */
export function elements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
