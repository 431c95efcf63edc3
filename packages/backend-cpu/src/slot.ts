// A slot: room in one memory for the raw bytes of one segment, filled by aligned reads directly from the source.
import { slotLayout, type ByteRange, type Slot } from '@rondo/tensor';
import type { Arenas } from './arenas.ts';
import type { CpuWeight } from './cpu-tensors.ts';

/** Bytes that a slot for these ranges takes. */
export function slotBytes(ranges: readonly ByteRange[], alignment: number): number {
  return slotLayout(ranges, alignment).bytes;
}

/** Allocates a slot; see `Backend.slot`. */
export function createSlot(
  arenas: Arenas,
  shared: boolean,
  ranges: readonly ByteRange[],
  alignment: number,
  atLeastBytes: number,
): Slot {
  const layout = slotLayout(ranges, alignment);
  const place = arenas.allocate(Math.max(layout.bytes, atLeastBytes), {
    alignment: Math.max(64, alignment),
  });
  const { memory } = place;
  let freed = false;
  return {
    bytes: Math.max(layout.bytes, atLeastBytes),
    fill: (source, options) =>
      layout.fill(
        source,
        async ({ offset, bytes, slotOffset }, signal) => {
          const address = place.address + slotOffset;
          if (shared)
            return arenas.whileWritten(
              source.readInto(arenas.view(memory, address, bytes), offset, { signal }),
            );
          // A memory that is not shared may grow during the read. Growth detaches its views, so the read needs its own buffer.
          const copy = new Uint8Array(bytes);
          await source.readInto(copy, offset, { signal });
          arenas.view(memory, address, bytes).set(copy);
        },
        options,
      ),
    weight: (dtype, shape, offset): CpuWeight => ({
      dtype,
      shape,
      memory,
      address: place.address + layout.find(dtype, shape, offset),
    }),
    free() {
      if (!freed) arenas.free(place);
      freed = true;
    },
  };
}
