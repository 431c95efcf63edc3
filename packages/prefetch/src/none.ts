// The strategy that fetches nothing ahead: the baseline for the other strategies.
import type { PrefetchStrategy } from './types.ts';

/** No prefetching. */
export function none(): PrefetchStrategy {
  return () => ({
    name: 'none',
    observe: () => Promise.resolve(),
    stats: { issued: 0, useful: 0, late: 0, wasted: 0, refused: 0, inFlight: 0, bytesInFlight: 0 },
    stop: () => Promise.resolve(),
  });
}
