// LRU that spares prefetched entries, as published layer caches do. Plain LRU may evict prefetched entries before
// their use; sparing prefetched entries prevents that. In a loop, this policy has as few hits as plain LRU.
import { RondoError, shownValue } from '@rondo/errors';
import type { CachePolicy } from '../types.ts';
import { recencyList } from './recency-list.ts';

/** Options of `protectedLru`. */
export interface ProtectedLruOptions {
  /** For how many accesses a prefetched entry is safe while it is not used: a whole number, 0 or more. Default 64. */
  readonly window?: number | undefined;
}

/**
 * Evicts the entry used longest ago, but spares a prefetched entry until it was used or until `window` accesses have
 * passed; after that, the entry counts as used when it was added. If every evictable entry is spared, the entry
 * prefetched longest ago is evicted.
 *
 * On a loop larger than the cache, the policy still has no hits, exactly as `lru`: an entry is spared only until its use.
 * After that, the oldest entry is evicted first, although the loop needs the oldest entry soonest. See `pinned`.
 *
 * Whatever the policy, `createCache` itself keeps other prefetches from evicting an expected entry (`PrefetchResult`).
 * O(1) per operation.
 *
 * @throws RondoError `BAD_ARGUMENT` unless the window is a whole number of at least 0
 */
export function protectedLru<K>({ window = 64 }: ProtectedLruOptions = {}): CachePolicy<K> {
  if (!Number.isSafeInteger(window) && window !== Infinity) throw badWindow(window);
  if (window < 0) throw badWindow(window);
  const used = recencyList<K>();
  const prefetched = recencyList<K>();
  let clock = 0;

  return {
    name: 'protectedLru',
    added(key, _bytes, origin) {
      (origin === 'prefetch' ? prefetched : used).touch(key, clock);
    },
    used(key) {
      clock += 1;
      if (prefetched.size > 0) prefetched.delete(key);
      used.touch(key, clock);
    },
    removed(key) {
      if (!used.delete(key)) prefetched.delete(key);
    },
    victim(evictable) {
      let oldestUsed = used.oldest;
      let oldestPrefetched = prefetched.oldest;
      for (;;) {
        const isExpired = oldestPrefetched !== undefined && clock - oldestPrefetched.at >= window;
        const candidate =
          isExpired && (oldestUsed === undefined || (oldestPrefetched?.at ?? 0) < oldestUsed.at)
            ? oldestPrefetched
            : (oldestUsed ?? oldestPrefetched);
        if (candidate === undefined) return undefined;
        if (evictable(candidate.key)) return candidate.key;
        if (candidate === oldestPrefetched) oldestPrefetched = oldestPrefetched.newer;
        else oldestUsed = oldestUsed?.newer;
      }
    },
  };
}

function badWindow(window: number): RondoError {
  return new RondoError(
    'BAD_ARGUMENT',
    `The window of protectedLru must be a whole number of accesses, 0 or more; got ${shownValue(window)}.`,
    { details: { window } },
  );
}
