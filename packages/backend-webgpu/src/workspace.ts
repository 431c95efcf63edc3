// The buffers that submissions share, one after the other: temporaries and scratch. Grown, never shrunk.
import { SCRATCH_BYTES } from './dispatch.ts';
import type { GpuBuffer, Memory } from './memory.ts';

/** Buffers for what lives no longer than a submission. */
export interface Workspace {
  /** Buffers of at least these sizes. */
  ensure(sizes: readonly number[]): readonly GpuBuffer[];
  /** `SCRATCH_BYTES` for what attention's tiles give. */
  scratch(): GpuBuffer;
}

/** An empty workspace. */
export function createWorkspace(memory: Memory): Workspace {
  const buffers: GpuBuffer[] = [];
  let scratch: GpuBuffer | undefined;
  return {
    ensure(sizes) {
      for (const [place, bytes] of sizes.entries()) {
        const held = buffers[place];
        if (held && held.bytes >= bytes) continue;
        // Submitted work that uses the old one keeps it.
        held?.free();
        buffers[place] = memory.allocate(bytes);
      }
      return buffers;
    },
    scratch: () => (scratch ??= memory.allocate(SCRATCH_BYTES)),
  };
}
