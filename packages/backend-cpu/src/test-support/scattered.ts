// Memories that scatter what stays, so that a model of a few kilobytes lies in all of them.
import { createArenas, type Arenas, type ArenasOptions } from '../arenas.ts';
import { cpuOn, type CpuOptions } from '../cpu.ts';

/** Each weight and each layer of a cache lies in another memory than the one before. */
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
      return arenas.allocateIn(memory, bytes, alignment);
    },
  };
}

/** The CPU backend on four such memories. */
export function scattered(options: CpuOptions) {
  return cpuOn(scattering, { ...options, arenaBytes: 2 ** 28, maximumBytes: 2 ** 29 });
}
