// Operations whose weight or cache lies in another memory than their tensors: tensors are always in memory 0, and some rows
// of them at a time travel to where the operation is executed, and its result back.
import type { CpuTensor } from './cpu-tensors.ts';
import type { Operation } from './command-list.ts';
import { OP_TRANSFER } from './protocol.ts';

/**
 * Rows that travel at once: enough that reading a weight again for the next ones costs little, few enough that the memories
 * of the weights need next to no room for activations.
 */
export const TRAVELLING_ROWS = 64;

/** Part of an operation's rows. */
export interface Rows {
  readonly start: number;
  readonly count: number;
}

/** The rows in the parts in which they travel. */
export function* travellingParts(rows: number): Generator<Rows> {
  for (let start = 0; start < rows; start += TRAVELLING_ROWS) {
    yield { start, count: Math.min(TRAVELLING_ROWS, rows - start) };
  }
}

/** Rows of a tensor, `rowBytes` from one to the next. */
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
