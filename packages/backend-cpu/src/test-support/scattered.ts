// Memories that scatter lasting allocations, so that a model of a few kilobytes lies in all of the memories.
import { createArenas, type Arenas, type ArenasOptions } from '../arenas.ts';
import { cpuOn, type CpuOptions } from '../cpu.ts';

/** Each weight and each cache layer lies in another memory than the allocation before. */
function scattering(options: ArenasOptions): Arenas {
  const arenas = createArenas(options);
  let memory = 0;
  return {
    ...arenas,
    get bytes() {
      return arenas.bytes;
    },
    allocate(bytes, { alignment, memory: asked } = {}) {
      memory = asked ?? (memory + 1) % arenas.memories.length;
      return arenas.allocate(bytes, { alignment, memory });
    },
  };
}

/** The CPU backend on four such memories. */
export function scattered(options: CpuOptions) {
  return cpuOn(scattering, { ...options, arenaBytes: 2 ** 28, maximumBytes: 2 ** 29 });
}
