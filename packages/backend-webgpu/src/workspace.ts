// The buffers that successive submissions share. They grow and never shrink.
import { STORAGE, type GpuBuffer, type Memory } from './memory.ts';

/** Gives a buffer of at least this many bytes: the same buffer until it is too small. @throws RondoError `OUT_OF_MEMORY` */
export type GrowingBuffer = (bytes: number) => GpuBuffer;

/** Options for the growth of a buffer. */
export interface GrowingBufferOptions {
  /** Usage flags. Default: storage. */
  readonly flags?: number;
  /** Factor by which a new buffer is larger than the requested size. Default 1. */
  readonly spare?: number;
  /** Copies the content of a buffer into the larger buffer that replaces it. Default: the content is lost. */
  readonly copy?: (from: GpuBuffer, to: GpuBuffer) => void;
}

/** A buffer that is allocated at the first call. */
export function growingBuffer(
  memory: Memory,
  { flags = STORAGE, spare = 1, copy }: GrowingBufferOptions = {},
): GrowingBuffer {
  let held: GpuBuffer | undefined;
  return (bytes) => {
    if (held && held.bytes >= bytes) return held;
    const small = held;
    // Without `copy`, the old buffer is freed first to make room. Submitted work can still use it.
    if (!copy) small?.free();
    held = undefined;
    try {
      held = memory.allocate(bytes * spare, flags);
      if (small) copy?.(small, held);
    } finally {
      small?.free();
    }
    return held;
  };
}

/** Buffers for temporaries, which live no longer than a submission. */
export interface Workspace {
  /**
   * Buffers of at least these sizes in bytes. A larger buffer replaces a buffer that is too small, and the content is copied: a
   * submission that waits for a weight may still need the content when the next submission needs larger buffers.
   */
  ensure(sizes: readonly number[]): readonly GpuBuffer[];
}

/** An empty workspace. `copy` copies the content of a buffer into another buffer, after the work in the queue. */
export function createWorkspace(memory: Memory, copy: (from: GpuBuffer, to: GpuBuffer) => void): Workspace {
  const places: GrowingBuffer[] = [];
  return {
    ensure: (sizes) =>
      sizes.map((bytes, place) => (places[place] ??= growingBuffer(memory, { copy }))(bytes)),
  };
}
