// The notes of an encoder: the recorded operations in their order, and helpers for common forms of operations. This file does
// not depend on the kinds of operations, which are in `operations/`.
import { elements, sizes, type Shape, type Weight } from '@rondo/tensor';
import type { Operation } from './command-list.ts';
import { addressOfWeight, type CpuTensor, type CpuWeight } from './cpu-tensors.ts';
import { inputRowBytes } from './matmul-inputs.ts';
import type { Marks } from './profiler.ts';
import { plan, type Plan, type PlannedOperation, type Region } from './plan.ts';
import * as protocol from './protocol.ts';
import { transfer } from './transfers.ts';

/** An operation whose weight is leased in a submission. Its commands are made when the address of the weight is known. */
export interface LateOperation extends PlannedOperation {
  /** The weight that was given to the encoder. */
  readonly weight: Weight;
  with(weight: CpuWeight, sent: SentInputs): Iterable<Operation>;
}

/** An entry of the notes. */
export type Noted = Operation | LateOperation;

/** Operations whose weights are all known, and their plan. */
export interface BoundOperations {
  readonly weights: readonly Weight[];
  readonly operations: readonly Operation[];
  readonly plan: Plan;
}

/** Whether an operation waits for its weight. */
export function isLate(noted: Noted): noted is LateOperation {
  return 'with' in noted;
}

/** Copies of inputs in other memories, so that several products with one input copy that input once. */
export type SentInputs = Map<CpuTensor, CpuTensor>;

/** The functions with which lowerings note operations. */
export type Notes = ReturnType<typeof createNotes>;

/** Empty notes. With more `threads`, work is divided into more chunks. With `marks`, operations are marked for a profile. */
export function createNotes(threads: number, marks?: Marks) {
  const noted: Noted[] = [];
  let part = '';
  const late: LateOperation[] = [];
  /** Quantized activations by input and form, so that several products with the same input quantize the input once. */
  const quantized = new Map<CpuTensor, Map<number, CpuTensor>>();
  const copies: SentInputs = new Map();
  let planned: Plan | undefined;
  let bound: BoundOperations | undefined;

  function note(operation: Noted, weight?: CpuWeight): void {
    planned = undefined;
    bound = undefined;
    const entry = marks ? withMarks(operation, marks, part, weight) : operation;
    noted.push(entry);
    if (isLate(entry)) late.push(entry);
  }

  /** Notes the operations on a weight: now if the weight is in memory, else when it is loaded. */
  function noteWith(
    weight: Weight,
    { reads, writes }: PlannedOperation,
    operations: LateOperation['with'],
  ): void {
    if ('address' in weight) {
      for (const operation of operations(weight as CpuWeight, copies)) note(operation, weight as CpuWeight);
    } else note({ weight, reads, writes, with: operations });
  }

  function result(shape: Shape, memory = 0): CpuTensor {
    return { shape, region: { bytes: elements(shape) * 4, memory }, offsetBytes: 0 };
  }

  /** The input of a product in the form that its kernel needs. */
  function inputOf(x: CpuTensor, kind: number): CpuTensor {
    if (kind === protocol.INPUT_F32) return x;
    const known = quantized.get(x)?.get(kind);
    if (known) return known;
    const [rows, width] = sizes(x);
    const stride = inputRowBytes(kind, width);
    const out: CpuTensor = { shape: x.shape, region: { bytes: rows * stride }, offsetBytes: 0 };
    note({
      code: protocol.OP_QUANTIZE,
      reads: [x.region],
      writes: [out.region],
      parameters: (address) => [address(x), address(out), rows, width, stride, kind],
    });
    quantized.set(x, (quantized.get(x) ?? new Map<number, CpuTensor>()).set(kind, out));
    return out;
  }

  /** Drops the tensors that were derived from the region's previous values. */
  function forget(region: Region, derived: readonly Map<CpuTensor, unknown>[] = [quantized, copies]): void {
    for (const known of derived) {
      for (const tensor of known.keys()) if (tensor.region === region) known.delete(tensor);
    }
  }

  /**
   * The operations with `weights`: one weight for each operation that waits, in their order. If the weights are the same as in
   * the last call, the result is the same object.
   */
  function bind(weights: readonly CpuWeight[]): BoundOperations {
    if (bound && bound.weights.every((weight, index) => weight === weights[index])) return bound;
    const sent: SentInputs = new Map();
    const operations: Operation[] = [];
    const left = weights.values();
    for (const one of noted) {
      if (!isLate(one)) operations.push(one);
      else for (const operation of one.with(nextOf(left), sent)) operations.push(operation);
      for (const region of one.writes) forget(region, [sent]);
    }
    bound = { weights, operations, plan: plan(operations) };
    return bound;
  }

  /** Notes operations on a small F32 weight, such as the weight of a norm. The weight is copied to memory 0 if necessary. */
  function withNear(
    weight: Weight,
    planned: PlannedOperation,
    operations: (near: CpuTensor) => Iterable<Operation>,
  ): void {
    noteWith(weight, planned, function* (loaded) {
      const { memory = 0 } = loaded;
      const bytes = elements(loaded.shape) * 4;
      let near: CpuTensor = {
        shape: loaded.shape,
        region: { bytes, address: addressOfWeight(loaded), memory },
        offsetBytes: 0,
      };
      if (memory !== 0) {
        const far = near;
        near = { shape: loaded.shape, region: { bytes }, offsetBytes: 0 };
        yield transfer(far, near, bytes);
      }
      yield* operations(near);
    });
  }

  /** Notes an operation on x with a small weight, or without one. */
  function withRow(
    weight: Weight | undefined,
    x: CpuTensor,
    out: CpuTensor,
    operation: (near: CpuTensor | undefined) => Pick<Operation, 'code' | 'parameters'>,
  ): void {
    const planned = { reads: [x.region], writes: [out.region] };
    if (!weight) {
      note({ ...operation(undefined), ...planned });
      return;
    }
    withNear(weight, planned, (near) => [
      { ...operation(near), reads: [x.region, near.region], writes: planned.writes },
    ]);
  }

  function noteCopy(from: CpuTensor, to: CpuTensor): void {
    note({
      code: protocol.OP_COPY,
      reads: [from.region],
      writes: [to.region],
      parameters: (address) => [address(from), address(to), elements(from.shape)],
    });
  }

  return {
    noted,
    late,
    note,
    noteWith,
    result,
    inputOf,
    forget,
    withNear,
    withRow,
    noteCopy,
    threads,
    /** Names the part of the model that the next operations belong to. */
    enterPart(name: string): void {
      part = name;
    },
    bind,
    /** The plan of the noted operations; computed when needed. */
    plan(): Plan {
      planned ??= plan(noted);
      return planned;
    },
  };
}

/** The operation with its mark. An operation that waits for its weight gets marks when its commands are made. */
function withMarks(noted: Noted, marks: Marks, part: string, weight: CpuWeight | undefined): Noted {
  if (!isLate(noted)) return { ...noted, mark: marks.of(part, noted.code, weight) };
  return {
    ...noted,
    *with(loaded, sent) {
      for (const operation of noted.with(loaded, sent))
        yield { ...operation, mark: marks.of(part, operation.code, loaded) };
    },
  };
}

function nextOf(weights: Iterator<CpuWeight, undefined>): CpuWeight {
  const { value } = weights.next();
  if (!value) throw new RangeError('There is a weight for each operation that waits for one.');
  return value;
}
