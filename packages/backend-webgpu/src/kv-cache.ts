// How large caches of keys and values are, and the buffers they are made of. How these are laid out: `kernels/store-kv.ts`.
import { RondoError } from '@rondo/errors';
import { checkPositions, type KvCacheShape } from '@rondo/tensor';
import type { GpuKvCache } from './gpu-tensors.ts';
import type { GpuBuffer, Memory } from './memory.ts';

/** Bytes of one head's key, or value, of one position. @throws RondoError `UNSUPPORTED` for heads that cannot be quantized */
function kvHeadBytes({ headSize, dtype = 'F32' }: KvCacheShape): number {
  if (dtype === 'F32') return Math.ceil(headSize / 4) * 16;
  if (headSize % 32 !== 0) {
    throw new RondoError(
      'UNSUPPORTED',
      `Heads of ${headSize} values cannot be kept in ${dtype}: it takes a multiple of 32. Keep them in F32.`,
      { details: { headSize, dtype } },
    );
  }
  // A byte each, and the scales of two blocks in a word.
  return headSize + Math.ceil(headSize / 64) * 4;
}

/** Bytes of keys and values of all layers. @throws RondoError as `kvHeadBytes` */
export function kvCacheBytes(shape: KvCacheShape): number {
  return 2 * shape.layers * shape.heads * shape.capacity * kvHeadBytes(shape);
}

/** Allocates a cache, all of it. @throws RondoError `OUT_OF_MEMORY`, `UNSUPPORTED` */
export function createKvCache(memory: Memory, shape: KvCacheShape): GpuKvCache {
  const bytes = kvCacheBytes(shape);
  const held: GpuBuffer[] = [];
  const free = () => {
    for (const buffer of held) buffer.free();
  };
  const allocate = () => {
    const buffer = memory.allocate(bytes / shape.layers / 2);
    held.push(buffer);
    return buffer;
  };
  try {
    const buffers = Array.from({ length: shape.layers }, () => ({ keys: allocate(), values: allocate() }));
    return {
      ...shape,
      bytes,
      positions: shape.capacity,
      reserve: (positions) => checkPositions(positions, shape.capacity),
      buffers,
      free,
    };
  } catch (error) {
    free();
    throw error;
  }
}
