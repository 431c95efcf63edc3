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
}

/** A buffer that is allocated when first asked for. */
export function growingBuffer(
  memory: Memory,
  { flags = STORAGE, spare = 1 }: GrowingBufferOptions = {},
): GrowingBuffer {
  let held: GpuBuffer | undefined;
  return (bytes) => {
    if (held && held.bytes >= bytes) return held;
    // Makes room first. Submitted work that uses it keeps it.
    held?.free();
    held = undefined;
    held = memory.allocate(bytes * spare, flags);
    return held;
  };
}

/** Buffers for what lives no longer than a submission. */
export interface Workspace {
  /** Buffers of at least these sizes, for temporaries. Ones that were too small are given up. */
  ensure(sizes: readonly number[]): readonly GpuBuffer[];
}

/** An empty workspace. */
export function createWorkspace(memory: Memory): Workspace {
  const places: GrowingBuffer[] = [];
  return {
    ensure: (sizes) => sizes.map((bytes, place) => (places[place] ??= growingBuffer(memory))(bytes)),
  };
}
