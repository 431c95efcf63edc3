// The policy for loops: most entries stay for good, and the other entries pass through the remaining room. Which entries
// stay is not configured: the policy evicts the entry used last, because a loop returns to that entry last.
import type { CachePolicy } from '../types.ts';
import { keyMemory } from './key-memory.ts';
import { recencyList } from './recency-list.ts';
import { visitLength } from './visit-length.ts';

/** The number of evicted keys that are remembered, to recognise the loop's length when the keys return. */
const REMEMBERED_KEYS = 65_536;

/** An entry that was not used for this many rounds of the loop no longer belongs to the loop. */
const STALE_ROUNDS = 2;

/** Options of `pinned`. */
export interface PinnedOptions {
  /**
   * Whether the same entries stay for good. If false, each round reads other entries, which are adjacent in the loop. If
   * true, each round reads the same entries, and has one more miss. Default false.
   */
  readonly steady?: boolean | undefined;
}

/**
 * Evicts the most recently used entry, which a loop needs last: Belady's choice. On a loop of N equal entries with room
 * for C, the hit rate is the optimum, (C-1)/(N-1), from the first round on.
 *
 * A prefetched entry that was not used yet is needed sooner than any used entry, so it is evicted last. An entry that was
 * not used for two rounds is evicted first, because the loop has changed. A round is as long as the longest recent return
 * of any key. A loop that restarts in the middle, or visits one key twice, therefore does not look like a shorter loop.
 *
 * If most keys return within a few accesses, as in back-and-forth access, an entry used within so few accesses is
 * spared: its visit is not over.
 *
 * For patterns that are no loop, in which recently used entries are used again, `lru` is better. O(1) per operation.
 */
export function pinned<K>({ steady = false }: PinnedOptions = {}): CachePolicy<K> {
  const used = recencyList<K>();
  /**
   * With `steady`: entries that were added since the first eviction, and were not used in another visit yet. Such an entry
   * is evicted first after its use.
   */
  const newcomers = new Set<K>();
  const passing = recencyList<K>();
  let isFull = false;
  const prefetched = recencyList<K>();
  const lastUse = keyMemory<K, { at: number }>(REMEMBERED_KEYS);
  const visits = visitLength();
  let clock = 0;
  let longestReturn = 0;
  let previousLongestReturn = 0;
  let windowEnds = 0;

  function noteReturn(last: number): void {
    longestReturn = Math.max(longestReturn, clock - last);
    visits.returned(clock - last);
  }

  function noteWindow(): void {
    if (clock < windowEnds) return;
    previousLongestReturn = longestReturn;
    longestReturn = 0;
    windowEnds = clock + STALE_ROUNDS * previousLongestReturn;
  }

  /** Notes the use of a new entry. A new entry that is used in a second visit stays for good. */
  function notePassing(key: K): void {
    const known = passing.get(key);
    if (known === undefined) passing.touch(key, clock);
    else if (known.at !== clock) {
      passing.delete(key);
      newcomers.delete(key);
    }
  }

  function staleAge(): number {
    const returned = Math.max(longestReturn, previousLongestReturn);
    return returned === 0 ? Infinity : STALE_ROUNDS * returned;
  }

  return {
    name: 'pinned',
    added(key, _bytes, origin) {
      (origin === 'prefetch' ? prefetched : used).touch(key, clock);
      if (steady && isFull) newcomers.add(key);
    },
    used(key) {
      const last = lastUse.get(key);
      // Used again at once: the same visit, which says nothing about the loop.
      if (last === undefined || last.at !== clock) {
        clock += 1;
        if (last === undefined) lastUse.set(key, { at: clock });
        else {
          noteReturn(last.at);
          last.at = clock;
        }
        noteWindow();
      }
      if (prefetched.size > 0) prefetched.delete(key);
      if (newcomers.has(key)) notePassing(key);
      used.touch(key, clock);
    },
    removed(key) {
      if (!used.delete(key)) prefetched.delete(key);
      passing.delete(key);
      newcomers.delete(key);
      isFull = true;
    },
    victim(evictable) {
      for (let node = passing.newest; node !== undefined; node = node.older) {
        if (evictable(node.key)) return node.key;
      }
      const staleBefore = clock - staleAge();
      for (const list of [prefetched, used]) {
        for (let node = list.oldest; node !== undefined && node.at < staleBefore; node = node.newer) {
          if (evictable(node.key)) return node.key;
        }
      }
      // Visits that would fill half the room leave no choice of victims, so they are ignored.
      const visit = 2 * visits.accesses <= used.size ? visits.accesses : 0;
      let node = used.newest;
      while (node !== undefined && clock - node.at < visit) node = node.older;
      let visited = node === undefined ? used.oldest : node.newer;
      for (; node !== undefined; node = node.older) if (evictable(node.key)) return node.key;
      // If there are no other entries, the victim is the visited entry used longest ago.
      for (; visited !== undefined; visited = visited.newer) if (evictable(visited.key)) return visited.key;
      for (let node = prefetched.newest; node !== undefined; node = node.older) {
        if (evictable(node.key)) return node.key;
      }
      return undefined;
    },
  };
}
