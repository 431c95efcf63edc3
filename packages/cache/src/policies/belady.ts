// Belady's MIN as a policy for a real cache. The policy needs all future accesses, so it serves only for comparison.
// `beladyHits` replays a trace through the policy without a cache.
import type { CachePolicy } from '../types.ts';
import { priorityHeap, type HeapNode } from './priority-heap.ts';

interface Known<K> extends HeapNode {
  readonly key: K;
  /** Position of the next use in the trace; a position after the end if there is no next use. */
  use: number;
}

/**
 * Evicts the entry that `trace` needs furthest in the future. Among entries that `trace` does not need again, evicts the
 * most recently used entry.
 *
 * `trace` holds the keys that will be acquired, such as the `trace` of another cache that served the same accesses. Each
 * use of a key takes the key's next place in `trace`, so it does no harm if a few accesses come in another order or are
 * missing. Keys that are not in `trace` are evicted first. The next use of a prefetched entry is taken from `trace` too.
 *
 * For entries of equal size and without prefetch no policy has more hits (L. A. Belady, "A study of replacement
 * algorithms for a virtual-storage computer", IBM Systems Journal 5 (2), 1966). With prefetch too, no other choice
 * of evicted entries is better. O(log n) per operation; holds 8 bytes per access of the trace.
 */
export function belady<K>(trace: readonly K[]): CachePolicy<K> {
  const nextUses = new Float64Array(trace.length);
  const known = new Map<K, Known<K>>();
  for (let position = trace.length - 1; position >= 0; position -= 1) {
    const key = trace[position] as K;
    const entry = known.get(key);
    // After its last use, a key gets a position after the end of the trace: a later last use gets a later position.
    nextUses[position] = entry?.use ?? trace.length + position;
    if (entry === undefined) known.set(key, { key, use: position, index: -1 });
    else entry.use = position;
  }
  const residents = priorityHeap<Known<K>>();
  let strangers = 0;

  function know(key: K): Known<K> {
    let entry = known.get(key);
    if (entry === undefined) {
      entry = { key, use: 2 * trace.length + (strangers += 1), index: -1 };
      known.set(key, entry);
    }
    return entry;
  }

  return {
    name: 'belady',
    added(key) {
      const entry = know(key);
      residents.set(entry, -entry.use);
    },
    used(key) {
      const entry = know(key);
      entry.use = nextUses[entry.use] ?? entry.use;
      residents.set(entry, -entry.use);
    },
    removed(key) {
      const entry = know(key);
      residents.delete(entry);
      // Keys that are not in the trace are not worth remembering.
      if (entry.use >= 2 * trace.length) known.delete(key);
    },
    victim: (evictable) => residents.first(({ key }) => evictable(key))?.key,
  };
}
