// The buffers that submissions share, one after the other. Grown, never shrunk.
import { STORAGE, type GpuBuffer, type Memory } from './memory.ts';

/** Gives a buffer of at least this many bytes, which is the same until one is too small. @throws RondoError `OUT_OF_MEMORY` */
export type GrowingBuffer = (bytes: number) => GpuBuffer;

/** How a buffer grows. */
export interface GrowingBufferOptions {
  /** Default: storage. */
  readonly flags?: number;
  /** How many times what is asked for it is made. Default 1. */
  readonly spare?: number;
  /** Puts what a buffer holds into the larger one that takes its place. Default: it is lost. */
  readonly copy?: (from: GpuBuffer, to: GpuBuffer) => void;
}

/** A buffer that is allocated when first asked for. */
export function growingBuffer(
  memory: Memory,
  { flags = STORAGE, spare = 1, copy }: GrowingBufferOptions = {},
): GrowingBuffer {
  let held: GpuBuffer | undefined;
  return (bytes) => {
    if (held && held.bytes >= bytes) return held;
    const small = held;
    // Makes room first where nothing is to be kept. Submitted work that uses it keeps it.
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

/** Buffers for what lives no longer than a submission. */
export interface Workspace {
  /**
   * Buffers of at least these sizes, for temporaries. Ones that were too small are given up; what they hold goes on, since a
   * submission that was cut may still need it when the next one asks for larger ones.
   */
  ensure(sizes: readonly number[]): readonly GpuBuffer[];
}

/** An empty workspace; `copy` puts what a buffer holds into another, behind what is in the queue. */
export function createWorkspace(memory: Memory, copy: (from: GpuBuffer, to: GpuBuffer) => void): Workspace {
  const places: GrowingBuffer[] = [];
  return {
    ensure: (sizes) =>
      sizes.map((bytes, place) => (places[place] ??= growingBuffer(memory, { copy }))(bytes)),
  };
}
