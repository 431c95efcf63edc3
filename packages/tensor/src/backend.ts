// The interface between models and the devices that run them. A backend owns memory and executes command lists. An encoder
// records operations and checks shapes on the host. Each backend passes `@rondo/tensor/conformance`. This file has only types.
import type { RondoWarning } from '@rondo/errors';
import type { DType } from './dtype.ts';
import type { KvCache, KvCacheShape } from './kv-cache.ts';
import type { OperationMethods } from './operations/index.ts';
import type { PersistentTensor, Shape, Tensor, Weight, WeightRef } from './tensors.ts';

/** A weight that stays in its slot until `release`. */
export interface WeightLease {
  readonly weight: Weight;
  /** Called once, when the work that uses the weight is done or dropped. */
  release(): void;
}

/** Leases a weight: at once if the weight is in memory already. */
export type LeaseWeight = (weight: WeightRef) => WeightLease | Promise<WeightLease>;

/** A range of bytes in a file: from `offset` up to, but not including, `offset + bytes`. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** The source that fills a slot, such as `ByteSource` of `@rondo/source`. */
export interface SlotSource {
  /** Length in bytes. */
  readonly size: number;
  /** Alignment in bytes. Reads whose offset, length and target are multiples of the alignment use direct I/O. */
  readonly alignment: number;
  /** Fills all of `target` with the bytes from `offset` on, or rejects. */
  readInto(
    target: Uint8Array,
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/** Memory on the backend for the raw bytes of one segment. */
export interface Slot {
  /** Bytes that the slot takes on the backend, padding included. */
  readonly bytes: number;
  /**
   * Reads the slot's ranges from `source`. After a failure the slot's content is undefined, and the slot can be filled again.
   *
   * @throws the source's error; the signal's reason.
   */
  fill(source: SlotSource, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * The weight whose data begins at `offset` in the source.
   *
   * @throws RondoError `OUT_OF_RANGE` when the weight is not wholly inside one of the slot's ranges.
   */
  weight(dtype: DType, shape: Shape, offset: number): Weight;
  /** Gives the memory back. To be called only when no submitted work uses the slot any more. Idempotent. */
  free(): void;
}

/** The members of an encoder beside its method for each operation. */
export interface EncoderBase {
  /** Rows `start` to `start + count` of x `[tokens, width]`, without a copy. */
  rows(x: Tensor, start: number, count: number): Tensor;
  /** Copies x into a persistent tensor of the same width, from its first row on. */
  copy(x: Tensor, into: PersistentTensor): void;
  /** Bytes that the results recorded so far need at the same time. */
  readonly temporaryBytes: number;
  /** Names the part of the model that the next operations belong to, such as `layer 3`. Only for `Backend.profiler`. */
  part?(name: string): void;
}

/** What a thread did for one operation. Times are milliseconds of `performance.now()` of the thread that owns the backend. */
export interface ProfiledOperation {
  readonly thread: number;
  /** The operation, with the data type of its weight: `matmul Q4_0`, `attention`. */
  readonly name: string;
  /** The part of the model, as given to `Encoder.part`; empty if none was given. */
  readonly part: string;
  /** Bytes of the operation's weight, which all threads read together; 0 without a weight. */
  readonly weightBytes: number;
  /** When the thread began to wait until all threads had finished the operations before. */
  readonly waitMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** Tells what the threads of a backend do. */
export interface Profiler {
  /** Number of threads. */
  readonly threads: number;
  /** Calls `listener` with the operations of finished submissions. The returned function ends that. */
  listen(listener: (operations: readonly ProfiledOperation[]) => void): () => void;
  /** Number of operations that could not be told, because the host was busy for too long. */
  readonly lost: number;
}

/** Records operations for submissions. Each returned tensor lives until the submission is done. */
export type Encoder = OperationMethods & EncoderBase;

/** Owns the memory of tensors and runs operations. */
export interface Backend {
  readonly name: string;
  /** The instruction set and threads, or the adapter, as text for people. */
  readonly description: string;
  /** Warnings about how the backend runs, such as a platform that forbids threads. */
  readonly warnings?: readonly RondoWarning[];
  /** Present if the backend was made to tell what its threads do. */
  readonly profiler?: Profiler | undefined;
  /** Float32 values; the content is undefined. */
  tensor(shape: Shape): PersistentTensor;
  /** Bytes that a slot for these ranges would take. */
  slotBytes(ranges: readonly ByteRange[], alignment: number): number;
  /**
   * Memory for one segment.
   *
   * @param alignment the alignment of the source that will fill the slot, in bytes
   * @param atLeastBytes the least size of the slot in bytes. With the same size, slots for different segments can replace each
   * other. A backend whose slots are not one piece of memory may ignore this size
   * @throws RondoError `OUT_OF_MEMORY`
   */
  slot(ranges: readonly ByteRange[], alignment: number, atLeastBytes?: number): Slot;
  /** The most bytes that a cache of this shape takes. @throws RondoError `UNSUPPORTED` for an unsupported data type */
  kvCacheBytes(shape: KvCacheShape): number;
  /** The most bytes that all paged caches together are guaranteed to get; 0 for a backend without pages. */
  readonly pagedBytes: number;
  /** A new cache of this shape. @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED` */
  kvCache(shape: KvCacheShape): KvCache;
  /** A new, empty list of operations. */
  encoder(): Encoder;
  /**
   * Starts the recorded work and returns; resolves when the work is done. Submissions are executed in order. The weights'
   * slots, caches and persistent tensors must stay until then.
   *
   * An encoder can be submitted again when its work is done. It then repeats its operations on the current values of its
   * tensors, with its spans at their current positions. So a loop need not record its operations again.
   *
   * `submit` calls `leaseWeight` for each `WeightRef` in the order of the operations. A part of a weight can also be a
   * `WeightRef`. While `submit` waits for a weight, the work before that weight is executed. Each lease is released when the
   * operations that use the weight are done.
   *
   * @throws RondoError `BACKEND_FAILED`; `BAD_ARGUMENT` for a weight that is in no slot and cannot be leased; the error of
   * `leaseWeight`: then the operations from that weight on are not executed, but later submissions are executed
   */
  submit(encoder: Encoder, leaseWeight?: LeaseWeight): Promise<void>;
  /** Puts values into the first rows of a tensor, after the work submitted so far. */
  write(tensor: PersistentTensor, values: Float32Array): Promise<void>;
  /** The first `rows` rows of a tensor (default: all rows), after the work submitted so far. */
  read(tensor: PersistentTensor, rows?: number): Promise<Float32Array>;
  /** Bytes of memory that the backend holds for all purposes, free space inside that memory included. */
  readonly bytes: number;
  /** The most bytes that the backend can hold. */
  readonly maximumBytes: number;
  /**
   * Starts again after the device was lost, if a restart can succeed. Absent if the device cannot be lost. Tensors, slots and
   * caches made before the loss can only be freed; new tensors, slots and caches can be made.
   *
   * @throws RondoError the error that ended the device, when a restart cannot succeed
   */
  restore?(): Promise<void>;
  /** Stops the workers and drops the memory; pending submissions reject. Idempotent. */
  dispose(): Promise<void>;
}
