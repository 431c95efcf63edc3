// The interface between models and the machines that run them. A backend owns memory and executes command lists;
// an encoder notes operations, checking shapes on the host. Both the CPU and the GPU are behind this one shape, and each
// passes `@rondo/tensor/conformance`. Nothing here computes.
import type { RondoWarning } from '@rondo/errors';
import type { DType } from './dtype.ts';
import type { KvCache, KvCacheShape } from './kv-cache.ts';
import type { OperationMethods } from './operations/index.ts';
import type { PersistentTensor, Shape, Tensor, Weight, WeightRef } from './tensors.ts';

/** A weight that stays in its slot until released. */
export interface WeightLease {
  readonly weight: Weight;
  /** Called once, when the work that uses the weight is done, or will not be. */
  release(): void;
}

/** Brings in a weight: at once if the weight is in memory already. */
export type LeaseWeight = (weight: WeightRef) => WeightLease | Promise<WeightLease>;

/** Bytes of a file: `offset` to `offset + bytes`. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** What a slot is filled from; `ByteSource` of `@rondo/source` is one. */
export interface SlotSource {
  /** Length in bytes. */
  readonly size: number;
  /** Offsets, lengths and targets that are multiples of this are read the direct way. */
  readonly alignment: number;
  /** Fills all of `target` with the bytes from `offset` on, or rejects. */
  readInto(
    target: Uint8Array,
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/** Room on the backend for the raw bytes of one segment. */
export interface Slot {
  /** Bytes that the slot takes on the backend, padding included. */
  readonly bytes: number;
  /**
   * Reads the slot's ranges from `source`. On failure the slot's content is undefined, and it can be filled again.
   *
   * @throws whatever the source throws; the signal's reason.
   */
  fill(source: SlotSource, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * The weight whose data begins at `offset` in the source.
   *
   * @throws RondoError `OUT_OF_RANGE` when it is not wholly inside one of the slot's ranges.
   */
  weight(dtype: DType, shape: Shape, offset: number): Weight;
  /** Gives the memory back; only when no submitted work uses it any more. Idempotent. */
  free(): void;
}

/** What an encoder has beside a method for each operation. */
export interface EncoderBase {
  /** Rows `start` to `start + count` of x `[tokens, width]`, without a copy. */
  rows(x: Tensor, start: number, count: number): Tensor;
  /** Copies x into a persistent tensor of the same width, from its first row on. */
  copy(x: Tensor, into: PersistentTensor): void;
  /** Bytes that the results noted so far need at once. */
  readonly temporaryBytes: number;
}

/** Notes operations for submissions. Each returned tensor lives until the submission is done. */
export type Encoder = OperationMethods & EncoderBase;

/** Where tensors live and operations run. */
export interface Backend {
  readonly name: string;
  /** What runs: instruction set and threads, or the adapter. For people. */
  readonly description: string;
  /** What a user should know about how the backend runs, such as a platform that forbids threads. */
  readonly warnings?: readonly RondoWarning[];
  /** Float32 values; the content is undefined. */
  tensor(shape: Shape): PersistentTensor;
  /** Bytes that a slot for these ranges would take. */
  slotBytes(ranges: readonly ByteRange[], alignment: number): number;
  /**
   * Room for one segment.
   *
   * @param alignment that of the source it will be filled from
   * @param atLeastBytes what it takes even if it needs less, so that slots for segments of several sizes can take each
   * other's place; a backend whose memory is not one piece need not
   * @throws RondoError `OUT_OF_MEMORY`
   */
  slot(ranges: readonly ByteRange[], alignment: number, atLeastBytes?: number): Slot;
  /** Bytes that a cache of this shape takes at most. @throws RondoError `UNSUPPORTED` for a data type it has not */
  kvCacheBytes(shape: KvCacheShape): number;
  /** The most bytes that all caches with pages can be sure of together; 0 for a backend that has none. */
  readonly pagedBytes: number;
  /** @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED` */
  kvCache(shape: KvCacheShape): KvCache;
  /** A new, empty list of operations. */
  encoder(): Encoder;
  /**
   * Starts the noted work and returns; resolves when it is done. Submissions are executed in order. The weights'
   * slots, caches and persistent tensors must stay until then.
   *
   * An encoder can be submitted again, when it is done, and does the same again: on what its tensors then hold, with spans at
   * the positions that they then have. So a loop need not note its operations anew.
   *
   * Each `WeightRef`, also as a part of a weight, is asked of `leaseWeight` when its turn comes, in the order of the
   * operations. The work before a weight that is still awaited is executed meanwhile. Each lease is released when the
   * operations that use it are done.
   *
   * @throws RondoError `BACKEND_FAILED`, `BAD_ARGUMENT` for a `WeightRef` that nothing leases; what
   * `leaseWeight` throws: the operations from that weight on are not executed then, later submissions are
   */
  submit(encoder: Encoder, leaseWeight?: LeaseWeight): Promise<void>;
  /** Puts values into the first rows of a tensor, after the work submitted so far. */
  write(tensor: PersistentTensor, values: Float32Array): Promise<void>;
  /** The first `rows` rows of a tensor (all where not given), after the work submitted so far. */
  read(tensor: PersistentTensor, rows?: number): Promise<Float32Array>;
  /** Bytes of the memory held, whatever for, free room inside it included. */
  readonly bytes: number;
  /** The most bytes that it can hold. */
  readonly maximumBytes: number;
  /**
   * Where a device can be lost: begins anew after it was, where that has a chance. Tensors, slots and caches made before
   * are gone, and can only be freed; new ones can be made.
   *
   * @throws RondoError what ended the device, when there is no going on
   */
  restore?(): Promise<void>;
  /** Stops the workers and drops the memory; pending submissions reject. Idempotent. */
  dispose(): Promise<void>;
}
