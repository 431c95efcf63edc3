// A cache of weights in host memory, from which the device copies without the host. Kept weights are read from their source
// only once. Weights are never evicted: weights are read in a loop, and for a loop it is best to keep a fixed part.
import type { SlotSource } from '@rondo/tensor';
import { usage } from './memory.ts';

/** A cache of the data that was read from sources. */
export interface HostTier {
  /** The kept data of this read, in whole words; undefined if the data was not kept. */
  find(source: SlotSource, offset: number, bytes: number): GPUBuffer | undefined;
  /** Keeps `data`, in whole words, if there is room. */
  keep(source: SlotSource, offset: number, data: Uint8Array): GPUBuffer | undefined;
  /** The number of kept bytes. */
  readonly bytes: number;
  free(): void;
}

/** An empty tier of at most `maximumBytes`. */
export function createHostTier(device: GPUDevice, maximumBytes: number): HostTier {
  const sources = new WeakMap<SlotSource, Map<string, GPUBuffer>>();
  const buffers: GPUBuffer[] = [];
  let bytes = 0;
  const keyOf = (offset: number, length: number) => `${offset}+${length}`;

  return {
    get bytes() {
      return bytes;
    },
    find: (source, offset, length) => sources.get(source)?.get(keyOf(offset, length)),
    keep(source, offset, data) {
      if (bytes + data.length > maximumBytes) return undefined;
      const buffer = device.createBuffer({
        size: data.length,
        usage: usage.copySource,
        mappedAtCreation: true,
      });
      new Uint8Array(buffer.getMappedRange()).set(data);
      buffer.unmap();
      bytes += data.length;
      buffers.push(buffer);
      const kept = sources.get(source) ?? new Map<string, GPUBuffer>();
      sources.set(source, kept.set(keyOf(offset, data.length), buffer));
      return buffer;
    },
    free() {
      for (const buffer of buffers.splice(0)) buffer.destroy();
      bytes = 0;
    },
  };
}
