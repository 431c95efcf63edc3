// Weights kept in host memory that the device fetches from by itself. What was read once needs neither source nor processor
// again. Nothing leaves before the end: weights come round in a loop, and of a loop it is best to keep a part for good.
import type { SlotSource } from '@rondo/tensor';
import { usage } from './memory.ts';

/** Kept reads of sources. */
export interface HostTier {
  /** What was kept of this read, which is whole words. */
  find(source: SlotSource, offset: number, bytes: number): GPUBuffer | undefined;
  /** Keeps `data`, whole words of it, where there is room. */
  keep(source: SlotSource, offset: number, data: Uint8Array): GPUBuffer | undefined;
  /** Bytes kept. */
  readonly bytes: number;
  free(): void;
}

/** A tier of at most `maximumBytes` that is empty. */
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
