// Belady's MIN as a policy that can be used in a real cache: it is told the future, so it is an oracle for comparison
// and nothing that a program could run on. `beladyHits` replays a trace through it without a cache.
import type { CachePolicy } from '../types.ts';
import { priorityHeap, type HeapNode } from './priority-heap.ts';

interface Known<K> extends HeapNode {
  readonly key: K;
  /** Where in the trace it is used next; past the end, when it is not. */
  use: number;
}

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
  const known = new Map<K, Known<K>>();
  for (let position = trace.length - 1; position >= 0; position -= 1) {
    const key = trace[position] as K;
    const entry = known.get(key);
    // Past the end, a use is as far away as the last one is late: a tie-break that never loses a hit.
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
      // What the trace does not know is not worth remembering.
      if (entry.use >= 2 * trace.length) known.delete(key);
    },
    victim: (evictable) => residents.first(({ key }) => evictable(key))?.key,
  };
}
