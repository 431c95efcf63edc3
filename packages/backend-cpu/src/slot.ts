// Room in the arena for one segment's raw bytes, filled by aligned reads straight from the source.
import { slotLayout, type ByteRange, type Slot } from '@rondo/tensor';
import type { Arena } from './arena.ts';
import type { CpuWeight } from './cpu-tensors.ts';

/** Bytes that a slot for these ranges takes. */
export function slotBytes(ranges: readonly ByteRange[], alignment: number): number {
  return slotLayout(ranges, alignment).bytes;
}

/** Allocates a slot; see `Backend.slot`. */
export function createSlot(
  arena: Arena,
  shared: boolean,
  ranges: readonly ByteRange[],
  alignment: number,
): Slot {
  const layout = slotLayout(ranges, alignment);
  const allocation = arena.allocate(layout.bytes, Math.max(64, alignment));
  let freed = false;
  return {
    bytes: layout.bytes,
    fill: (source, options) =>
      layout.fill(
        source,
        async ({ offset, bytes, slotOffset }, signal) => {
          const address = allocation.address + slotOffset;
          if (shared) return source.readInto(arena.view(address, bytes), offset, { signal });
          // Memory that is not shared moves when it grows, which it may do while a read is under way.
          const copy = new Uint8Array(bytes);
          await source.readInto(copy, offset, { signal });
          arena.view(address, bytes).set(copy);
        },
        options,
      ),
    weight: (dtype, shape, offset): CpuWeight => ({
      dtype,
      shape,
      address: allocation.address + layout.find(dtype, shape, offset),
    }),
    free() {
      if (!freed) arena.free(allocation);
      freed = true;
    },
  };
}
