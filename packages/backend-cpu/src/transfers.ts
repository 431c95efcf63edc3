// Copies for operations whose weight or cache lies in another memory than their tensors. Tensors are always in memory 0. Some
// rows at a time are copied to the memory in which the operation is executed, and the result is copied back.
import type { CpuTensor } from './cpu-tensors.ts';
import type { Operation } from './command-list.ts';
import { OP_TRANSFER } from './protocol.ts';

/**
 * The most rows that are copied at once. With fewer rows, reading the weight again for the next rows would cost much time. With
 * more rows, the memories of the weights would need much room for activations.
 */
export const TRAVELLING_ROWS = 64;

/** Part of an operation's rows. */
export interface Rows {
  readonly start: number;
  readonly count: number;
}

/** The rows, in the parts that are copied at once. */
export function* travellingParts(rows: number): Generator<Rows> {
  for (let start = 0; start < rows; start += TRAVELLING_ROWS) {
    yield { start, count: Math.min(TRAVELLING_ROWS, rows - start) };
  }
}

/** Rows of a tensor with a stride of `rowBytes` bytes. */
export function rowsOf(x: CpuTensor, { start, count }: Rows, rowBytes: number): CpuTensor {
  return {
    shape: [count, ...x.shape.slice(1)],
    region: x.region,
    offsetBytes: x.offsetBytes + start * rowBytes,
  };
}

/** The operation that copies `bytes` bytes from one memory to another. */
export function transfer(from: CpuTensor, to: CpuTensor, bytes: number): Operation {
  return {
    code: OP_TRANSFER,
    reads: [from.region],
    writes: [to.region],
    parameters: (address) => [
      from.region.memory ?? 0,
      address(from),
      to.region.memory ?? 0,
      address(to),
      bytes,
    ],
  };
}
