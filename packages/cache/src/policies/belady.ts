// Belady's MIN as a policy that can be used in a real cache: it is told the future, so it is an oracle for comparison
// and nothing that a program could run on. `beladyHits` replays a trace through it without a cache.
import type { CachePolicy } from '../types.ts';
import { priorityHeap } from './priority-heap.ts';

/**
 * Evicts what `trace` needs furthest in the future; of what it does not need again, what was used last.
 *
 * `trace` is what will be acquired, such as the `trace` of another cache that served the same accesses. Each use of a
 * key takes the key's next place in it, so accesses that overtake each other a little, or are missing, do not derail
 * it; keys that are not in the trace leave first. What was prefetched is needed where the trace says, like all else.
 *
 * For entries of equal size and without prefetch no policy has more hits (L. A. Belady, "A study of replacement
 * algorithms for a virtual-storage computer", IBM Systems Journal 5 (2), 1966); with prefetch there is no better choice
 * of victims. O(log n) per operation; holds 8 bytes per access of the trace.
 */
export function belady<K>(trace: readonly K[]): CachePolicy<K> {
  const nextUses = new Float64Array(trace.length);
  /** For each key of the trace, where it is used next; past the end, when it is not. */
  const upcoming = new Map<K, number>();
  for (let position = trace.length - 1; position >= 0; position -= 1) {
    const key = trace[position] as K;
    // Past the end, a use is as far away as the last one is late: a tie-break that never loses a hit.
    nextUses[position] = upcoming.get(key) ?? trace.length + position;
    upcoming.set(key, position);
  }
  /** In order of need, the furthest first. */
  const residents = priorityHeap<K>();
  let strangers = 0;

  function place(key: K): void {
    const use = upcoming.get(key);
    residents.set(key, use === undefined ? -(2 * trace.length + (strangers += 1)) : -use);
  }

  return {
    name: 'belady',
    added: place,
    used(key) {
      const use = upcoming.get(key);
      if (use !== undefined && use < trace.length) upcoming.set(key, nextUses[use] ?? Infinity);
      place(key);
    },
    removed: (key) => residents.delete(key),
    victim: (evictable) => residents.first(evictable),
  };
}
