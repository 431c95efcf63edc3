// What is read before the first pass: the weights that stay.
import type { Residency } from './residency.ts';
import { isSmall, largestBytes, type Segment } from './segments.ts';

/**
 * Reads at once by default. Of a 7B model in 1 GiB four bring 2.2 GB/s where two bring 1.9; in 2 GiB 2.4 and 1.9. Six gain
 * 1.14 times more in 512 MiB, whose pieces are small, and take more room.
 */
export const READS_IN_FLIGHT = 4;
/** Segments that room is left for where others pass: those that are read ahead, the one in use, and its neighbours. */
const PASSING_SEGMENTS = READS_IN_FLIGHT + 3;

/** How far loading is: `loaded` of `total` bytes. */
export interface LoadProgress {
  readonly phase: 'header' | 'weights';
  readonly loaded: number;
  readonly total: number;
}

/** How to preload. */
interface PreloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** Reads what is to stay: everything, or what leaves room for the others to pass. */
export async function preload(
  { cache, segments }: Residency,
  { signal, onProgress }: PreloadOptions,
): Promise<void> {
  const total = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  let loaded = 0;
  for (const index of staying(segments, cache.stats.budgetBytes)) {
    onProgress?.({ phase: 'weights', loaded, total });
    if ((await cache.prefetch(index, { signal })) === 'refused') break;
    loaded += segments[index]?.bytes ?? 0;
  }
  signal?.throwIfAborted();
  onProgress?.({ phase: 'weights', loaded, total });
}

/**
 * Which segments are to stay in `budgetBytes`. What every token needs goes before experts, and of that the small ones first,
 * which cost a read for next to no bytes. Where not all have room, those stay that leave the others come in even intervals:
 * then the disk never rests while what stays is computed with.
 */
export function staying(
  segments: readonly Pick<Segment, 'bytes' | 'tokenShare'>[],
  budgetBytes: number,
): number[] {
  const bytesOf = (indices: readonly number[]) =>
    indices.reduce((sum, index) => sum + (segments[index]?.bytes ?? 0), 0);
  const all = [...segments.keys()];
  if (bytesOf(all) <= budgetBytes) return all;
  const largest = largestBytes(segments);
  const isExpert = (index: number) => (segments[index]?.tokenShare ?? 1) < 1;
  const experts = all.filter(isExpert);
  const always = all.filter((index) => !isExpert(index));
  const small = always.filter((index) => isSmall(bytesOf([index]), largest));
  const large = always.filter((index) => !isSmall(bytesOf([index]), largest));
  const stay = [...small];
  for (const group of [large, experts]) {
    const roomBytes = budgetBytes - PASSING_SEGMENTS * largest - bytesOf(stay);
    const share = Math.min(1, roomBytes / bytesOf(group));
    let owed = 0;
    for (const index of group) {
      const bytes = bytesOf([index]);
      owed += bytes * share;
      if (owed < bytes) continue;
      owed -= bytes;
      stay.push(index);
    }
  }
  return stay.toSorted((a, b) => a - b);
}
