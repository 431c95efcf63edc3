// Least recently used: the usual choice where what was used lately is used again soon. A loop is the opposite of that.
import type { CachePolicy } from '../types.ts';
import { recencyList } from './recency-list.ts';

/**
 * Evicts what was used longest ago. On a loop larger than the cache it gets no hits at all, because what was used
 * longest ago is what comes next: see `pinned` for loops. O(1) per operation.
 */
export function lru<K>(): CachePolicy<K> {
  const entries = recencyList<K>();
  let clock = 0;
  return {
    name: 'lru',
    added(key) {
      entries.touch(key, clock);
    },
    used(key) {
      clock += 1;
      entries.touch(key, clock);
    },
    removed(key) {
      entries.delete(key);
    },
    victim(evictable) {
      for (let node = entries.oldest; node !== undefined; node = node.newer) {
        if (evictable(node.key)) return node.key;
      }
      return undefined;
    },
  };
}
