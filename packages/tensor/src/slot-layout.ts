// The layout of a slot: the places of its ranges, and the reads that fill the slot. Used by backends.
import { RondoError } from '@rondo/errors';
import type { ByteRange, SlotSource } from './backend.ts';
import { rowBytes, type DType } from './dtype.ts';
import { elements } from './shapes.ts';
import type { Shape } from './tensors.ts';

/** Bytes of one read: enough for the full bandwidth of a disk, and few enough that a cancelled read ends soon. */
const READ_BYTES = 8 << 20;
/** Number of reads of one slot in flight. */
const READS_IN_FLIGHT = 2;

/** A read of `bytes` bytes from `offset` in the source to `slotOffset` in the slot. */
export interface SlotRead {
  readonly offset: number;
  readonly bytes: number;
  readonly slotOffset: number;
}

/** The inside of a slot. */
export interface SlotLayout {
  /** Bytes that the slot takes, padding included. */
  readonly bytes: number;
  /**
   * The offset in the slot, in bytes, of the weight whose data begins at `offset` in the source.
   *
   * @throws RondoError `OUT_OF_RANGE` when the weight is not wholly inside one of the ranges
   */
  find(dtype: DType, shape: Shape, offset: number): number;
  /**
   * Calls `read` for all reads of a fill, two at a time. When a read fails, the other reads are cancelled. `fill` rejects
   * only after all reads have ended, since reads write into memory that may be freed next.
   *
   * @throws the error of `read`; the signal's reason
   */
  fill(
    source: SlotSource,
    read: (read: SlotRead, signal: AbortSignal) => Promise<void>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/**
 * The layout of a slot for these ranges. Each range is extended to whole alignment units, and the ranges follow one another.
 * So an offset in the file and its place in memory are equally aligned, and reads can use direct I/O.
 */
export function slotLayout(ranges: readonly ByteRange[], alignment: number): SlotLayout {
  let bytes = 0;
  const placed = ranges.map((range) => {
    const readOffset = Math.floor(range.offset / alignment) * alignment;
    const readBytes = Math.ceil((range.offset + range.bytes) / alignment) * alignment - readOffset;
    const slotOffset = bytes;
    bytes += Math.ceil(readBytes / 64) * 64;
    return { ...range, readOffset, readBytes, slotOffset };
  });
  // The next slot begins at a multiple of the alignment. A gap before it would be too small for anything.
  bytes = Math.ceil(bytes / alignment) * alignment;

  function readsOf(source: SlotSource): SlotRead[] {
    return placed.flatMap(({ readOffset, readBytes, slotOffset }) => {
      const end = Math.min(readOffset + readBytes, source.size);
      return Array.from({ length: Math.ceil((end - readOffset) / READ_BYTES) }, (_, index) => {
        const offset = readOffset + index * READ_BYTES;
        return {
          offset,
          bytes: Math.min(READ_BYTES, end - offset),
          slotOffset: slotOffset + offset - readOffset,
        };
      });
    });
  }

  return {
    bytes,
    find(dtype, shape, offset) {
      const width = shape.at(-1) ?? 1;
      const length = rowBytes(dtype, width) * (elements(shape) / width);
      const range = placed.find((one) => offset >= one.offset && offset + length <= one.offset + one.bytes);
      if (!range) {
        throw new RondoError('OUT_OF_RANGE', `The slot holds no ${length} bytes from ${offset} on.`, {
          details: { offset, bytes: length, ranges },
        });
      }
      return range.slotOffset + offset - range.readOffset;
    },
    async fill(source, read, { signal } = {}) {
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const queue = readsOf(source).values();
      const readers = Array.from({ length: READS_IN_FLIGHT }, async () => {
        for (const one of queue) {
          either.throwIfAborted();
          await read(one, either);
        }
      });
      const results = await Promise.allSettled(
        readers.map((reader) =>
          reader.catch((error: unknown) => {
            failed.abort(error);
            throw error;
          }),
        ),
      );
      const rejected = results.find((result) => result.status === 'rejected');
      if (rejected) throw rejected.reason;
    },
  };
}
