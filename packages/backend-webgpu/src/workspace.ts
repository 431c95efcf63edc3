// The buffers that submissions share, one after the other. Grown, never shrunk.
import type { GpuBuffer, Memory } from './memory.ts';

/** Buffers for what lives no longer than a submission. */
export interface Workspace {
  /** Buffers of at least these sizes, for temporaries. */
  ensure(sizes: readonly number[]): readonly GpuBuffer[];
  /** Another of at least this size, for what attention's tiles give. */
  scratch(bytes: number): GpuBuffer;
}

/** An empty workspace. */
export function createWorkspace(memory: Memory): Workspace {
  const buffers: GpuBuffer[] = [];
  let scratch: GpuBuffer | undefined;

  function atLeast(held: GpuBuffer | undefined, bytes: number): GpuBuffer {
    if (held && held.bytes >= bytes) return held;
    // Submitted work that uses the old one keeps it.
    held?.free();
    return memory.allocate(bytes);
  }

  return {
    ensure(sizes) {
      for (const [place, bytes] of sizes.entries()) buffers[place] = atLeast(buffers[place], bytes);
      return buffers;
    },
    scratch: (bytes) => (scratch = atLeast(scratch, bytes)),
  };
}
