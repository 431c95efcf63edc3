// Notes operations as commands for the kernels. Memory is allocated and addresses are written when the encoder is submitted.
import { checkCopy, checkRows, operationMethods, sizes, type Encoder, type Tensor } from '@rondo/tensor';
import type { CpuTensor, CpuWeight } from './cpu-tensors.ts';
import { createNotes, type BoundOperations, type LateOperation, type Noted } from './notes.ts';
import { lower } from './operations/index.ts';
import type { Plan } from './plan.ts';
import type { Marks } from './profiler.ts';
import { rowsOf } from './transfers.ts';

/** An encoder whose notes can be turned into command lists. */
export interface CpuEncoder extends Encoder {
  readonly noted: readonly Noted[];
  /** The noted operations that wait for their weights. */
  readonly late: readonly LateOperation[];
  /** The plan of the noted operations; computed when needed. */
  plan(): Plan;
  /** The operations, bound to the weights that they wait for. */
  bind(weights: readonly CpuWeight[]): BoundOperations;
}

/**
 * A new, empty encoder. With more `threads`, matrix products are divided into more chunks. With `marks`, operations are marked
 * for a profile.
 */
export function createEncoder(threads: number, marks?: Marks): CpuEncoder {
  const notes = createNotes(threads, marks);
  return {
    ...operationMethods((operation, shape) => {
      const out = notes.result(shape);
      lower(operation, out, notes);
      return out;
    }),

    rows(x, start, count) {
      checkRows(x, start, count);
      return rowsOf(x as CpuTensor, { start, count }, sizes(x)[1] * 4);
    },

    copy(x, into) {
      checkCopy(x, into);
      const target = into as Tensor as CpuTensor;
      notes.noteCopy(x as CpuTensor, target);
      notes.forget(target.region);
    },

    get temporaryBytes() {
      // Copies in other memories are not counted, so the size does not depend on the memory of a cache.
      return notes.plan().bytesIn[0] ?? 0;
    },

    part: notes.enterPart,

    noted: notes.noted,
    late: notes.late,

    plan: notes.plan,
    bind: notes.bind,
  };
}
