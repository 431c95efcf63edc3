// Sizes of shapes, and checks of shapes. Used by backends.
import { RondoError } from '@rondo/errors';
import type { Shape, Tensor, Weight } from './tensors.ts';

/** @throws RondoError `BAD_SHAPE`, always: the error names the operation and the shapes */
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

/** The error of `Backend.submit` for a weight in no slot, if the weight is no `WeightRef` or if `leaseWeight` is absent. */
export function unleasedWeight({ dtype, shape }: Weight): RondoError {
  return new RondoError(
    'BAD_ARGUMENT',
    `The weight ${dtype} [${shape.join(', ')}] is in no slot; give \`submit\` what leases it, or encode a weight from a slot.`,
    { details: { dtype, shape } },
  );
}

/** Checks the arguments of `Encoder.rows`. @throws RondoError `BAD_SHAPE` */
export function checkRows(x: Tensor, start: number, count: number): void {
  if (start < 0 || count < 1 || start + count > sizes(x)[0])
    mismatch(`rows ${start} to ${start + count}`, { x: x.shape });
}

/** Checks the arguments of `Encoder.copy`. @throws RondoError `BAD_SHAPE` */
export function checkCopy(x: Tensor, into: Tensor): void {
  const [rows, width] = sizes(x);
  const [room, intoWidth] = sizes(into);
  if (width !== intoWidth || rows > room) mismatch('copy', { x: x.shape, into: into.shape });
}

/** Checks that two tensors have the same number of values. @throws RondoError `BAD_SHAPE` */
export function checkAlike(operation: string, a: Tensor, b: Tensor): void {
  if (elements(a.shape) !== elements(b.shape)) mismatch(operation, { a: a.shape, b: b.shape });
}

/** Checks that x has these rows, and that the list is not empty. @throws RondoError `BAD_SHAPE` */
export function checkRowNumbers(operation: string, x: Tensor, rows: readonly number[]): void {
  const [count] = sizes(x);
  if (rows.length === 0 || rows.some((row) => !(row >= 0 && row < count)))
    mismatch(`${operation} of [${rows.join(', ')}]`, { x: x.shape });
}
