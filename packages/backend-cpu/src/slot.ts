// Room in the arena for one segment's raw bytes, filled by aligned reads straight from the source.
import { RondoError } from '@rondo/errors';
import { elements, rowBytes, type ByteRange, type Slot, type SlotSource } from '@rondo/tensor';
import type { Arena } from './arena.ts';
import type { CpuWeight } from './cpu-tensors.ts';

/** Bytes of one read; enough for a disk's full bandwidth, few enough to cancel soon. */
const READ_BYTES = 8 << 20;
/** Reads of one slot in flight. */
const READS_IN_FLIGHT = 2;

interface PlacedRange extends ByteRange {
  /** Where the aligned read that covers the range begins, and where in the slot it goes. */
  readonly readOffset: number;
  readonly readBytes: number;
  readonly slotOffset: number;
}

/**
 * Each range with whole alignment units around it, one behind the other: so a file's offset and its place in memory are
 * equally aligned, and reads can go the direct way.
 */
function place(
  ranges: readonly ByteRange[],
  alignment: number,
): { placed: readonly PlacedRange[]; bytes: number } {
  let bytes = 0;
  const placed = ranges.map((range) => {
    const readOffset = Math.floor(range.offset / alignment) * alignment;
    const readBytes = Math.ceil((range.offset + range.bytes) / alignment) * alignment - readOffset;
    const slotOffset = bytes;
    bytes += Math.ceil(readBytes / 64) * 64;
    return { ...range, readOffset, readBytes, slotOffset };
  });
  return { placed, bytes };
}

/** Bytes that a slot for these ranges takes. */
export function slotBytes(ranges: readonly ByteRange[], alignment: number): number {
  return place(ranges, alignment).bytes;
}

/** Allocates a slot; see `Backend.slot`. */
export function createSlot(
  arena: Arena,
  shared: boolean,
  ranges: readonly ByteRange[],
  alignment: number,
): Slot {
  const { placed, bytes } = place(ranges, alignment);
  const allocation = arena.allocate(bytes, Math.max(64, alignment));
  let freed = false;

  async function read(
    source: SlotSource,
    offset: number,
    length: number,
    address: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (shared) return source.readInto(arena.view(address, length), offset, { signal });
    // Memory that is not shared moves when it grows, which it may do while a read is under way.
    const bytes = new Uint8Array(length);
    await source.readInto(bytes, offset, { signal });
    arena.view(address, length).set(bytes);
  }

  return {
    bytes,
    async fill(source, { signal } = {}) {
      const reads = placed.flatMap(({ readOffset, readBytes, slotOffset }) => {
        const end = Math.min(readOffset + readBytes, source.size);
        const count = Math.ceil((end - readOffset) / READ_BYTES);
        return Array.from({ length: count }, (_, index) => {
          const offset = readOffset + index * READ_BYTES;
          return {
            offset,
            length: Math.min(READ_BYTES, end - offset),
            address: allocation.address + slotOffset + offset - readOffset,
          };
        });
      });
      // One failing stops the others; all are waited for, since they write into memory that is about to be freed.
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const queue = reads.values();
      const readers = Array.from({ length: READS_IN_FLIGHT }, async () => {
        for (const { offset, length, address } of queue) {
          either.throwIfAborted();
          await read(source, offset, length, address, either);
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

    weight(dtype, shape, offset): CpuWeight {
      const width = shape.at(-1) ?? 1;
      const length = rowBytes(dtype, width) * (elements(shape) / width);
      const range = placed.find((one) => offset >= one.offset && offset + length <= one.offset + one.bytes);
      if (!range) {
        throw new RondoError('OUT_OF_RANGE', `The slot holds no ${length} bytes from ${offset} on.`, {
          details: { offset, bytes: length, ranges },
        });
      }
      return { dtype, shape, address: allocation.address + range.slotOffset + offset - range.readOffset };
    },

    free() {
      if (!freed) arena.free(allocation);
      freed = true;
    },
  };
}
