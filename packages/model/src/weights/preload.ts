// Reads the weights that stay in memory before the first pass.
import type { Residency } from './residency.ts';
import { largestBytes, type Segment } from './segments.ts';
import { isSmall } from './strips.ts';

/**
 * How many reads are under way at the same time by default. For a 7B model in 1 GiB, four reads give 2.2 GB/s and two reads 1.9
 * GB/s; in 2 GiB, 2.4 and 1.9 GB/s. In 512 MiB, where pieces are small, six reads gain 1.14 times more, and take more room.
 */
export const READS_IN_FLIGHT = 4;
/**
 * Number of segments for which room is left when weights stream: the segments read ahead, the segment in use, and its
 * neighbours.
 */
const PASSING_SEGMENTS = READS_IN_FLIGHT + 3;

/** The progress of loading: `loaded` of `total` bytes. */
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

/** Reads the segments that are to stay: all of them, or as many as leave room for the other segments to pass through. */
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
 * Which segments are to stay in `budgetBytes`. Segments that every token needs go before experts, and small segments before
 * large segments: a small segment costs a read for few bytes. If not everything fits, the resident segments are spread evenly
 * over the pass, so that the disk is never idle while resident weights are computed.
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
  const largestExpert = largestBytes(segments.filter(({ tokenShare }) => tokenShare < 1));
  const onlyExpertsPass =
    experts.length > 0 && bytesOf(always) + PASSING_SEGMENTS * largestExpert <= budgetBytes;
  const passingBytes = PASSING_SEGMENTS * (onlyExpertsPass ? largestExpert : largest);
  for (const group of [large, experts]) {
    const roomBytes = budgetBytes - passingBytes - bytesOf(stay);
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
