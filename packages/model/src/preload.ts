// What is read before the first pass: the weights that stay.
import type { LoadOptions } from './engine.ts';
import type { Residency } from './residency.ts';
import { isSmall } from './segments.ts';

/** Segments that room is left for where others pass: the one in use, and those that are read ahead. */
const PASSING_SEGMENTS = 5;

/** Reads what is to stay: everything, or what leaves room for the others to pass. */
export async function preload(
  { cache, segments, sizeOf }: Residency,
  { signal, onProgress }: Pick<LoadOptions, 'signal' | 'onProgress'>,
): Promise<void> {
  const sizes = segments.map((_, index) => sizeOf(index));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  let loaded = 0;
  for (const index of staying(sizes, cache.stats.budgetBytes)) {
    onProgress?.({ phase: 'weights', loaded, total });
    if ((await cache.prefetch(index, { signal })) === 'refused') break;
    loaded += sizes[index] ?? 0;
  }
  signal?.throwIfAborted();
  onProgress?.({ phase: 'weights', loaded, total });
}

/**
 * Which segments of these sizes are to stay in `budgetBytes`. Small ones first, which cost a read for next to no bytes; of
 * the others such that those that pass come in even intervals: then the disk never rests while what stays is computed
 * with.
 */
export function staying(sizes: readonly number[], budgetBytes: number): number[] {
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const all = [...sizes.keys()];
  if (total <= budgetBytes) return all;
  const largest = Math.max(...sizes);
  const small = all.filter((index) => isSmall(sizes[index] ?? 0, largest));
  const smallBytes = small.reduce((sum, index) => sum + (sizes[index] ?? 0), 0);
  const share = (budgetBytes - PASSING_SEGMENTS * largest - smallBytes) / (total - smallBytes);
  let owed = 0;
  const large = all.filter((index) => {
    const bytes = sizes[index] ?? 0;
    if (small.includes(index)) return false;
    owed += bytes * share;
    if (owed < bytes) return false;
    owed -= bytes;
    return true;
  });
  return [...small, ...large].toSorted((a, b) => a - b);
}
