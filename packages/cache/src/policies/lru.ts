// Least recently used: the usual choice if recently used entries are used again soon. In a loop, the opposite is true.
import type { CachePolicy } from '../types.ts';
import { recencyList } from './recency-list.ts';

/**
 * Evicts the entry used longest ago. On a loop larger than the cache there are no hits at all, because the entry used
 * longest ago is the entry needed next: see `pinned` for loops. O(1) per operation.
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
