// Least recently used: the usual choice where what was used lately is used again soon. A loop is the opposite of that.
import type { CachePolicy } from '../types.ts';

/**
 * Evicts what was used longest ago. On a loop larger than the cache it gets no hits at all, because what was used
 * longest ago is what comes next: see `pinned` for loops. O(1) per operation.
 */
export function lru<K>(): CachePolicy<K> {
  // A Map iterates in the order of insertion: the first key is the one used longest ago.
  const order = new Map<K, true>();
  return {
    name: 'lru',
    added(key) {
      order.set(key, true);
    },
    used(key) {
      if (order.delete(key)) order.set(key, true);
    },
    removed(key) {
      order.delete(key);
    },
    victim(evictable) {
      for (const key of order.keys()) if (evictable(key)) return key;
      return undefined;
    },
  };
}
