// The policy for loops: most entries stay for good, the others pass through what room is left. Which ones stay is not
// configured: evicting what was used last, since a loop returns to it last, comes to the same.
import type { CachePolicy } from '../types.ts';
import { keyMemory } from './key-memory.ts';
import { recencyList } from './recency-list.ts';
import { visitLength } from './visit-length.ts';

/** How many keys that have left are remembered, to recognise the loop's length when they return. */
const REMEMBERED_KEYS = 65_536;

/** An entry that was not used for this many rounds of the loop is no part of it any more. */
const STALE_ROUNDS = 2;

/** Options of the policy. */
export interface PinnedOptions {
  /**
   * Whether the same entries stay for good. Where not, those that stay and those that pass change places as the loop goes
   * round, and what passes comes in one stretch; where they do not, it comes where it lies in the loop, at the price of
   * one miss more a round. Default false.
   */
  readonly steady?: boolean | undefined;
}

/**
 * Evicts what was used most recently, which on a loop is what comes round last: Belady's choice. On a loop of N equal
 * entries with room for C the hit rate is the optimum, (C-1)/(N-1), from the first round on.
 *
 * What was prefetched and not used yet comes sooner than anything used, so it leaves last. What was not used for two
 * rounds, because the loop has changed, leaves first; a round is as long as the longest recent return of any key, so
 * that a loop that restarts in the middle, or visits one key twice, does not look like a shorter one.
 *
 * Where most keys return within a few accesses, as in back-and-forth access, what was used as lately as that is spared:
 * it is still being visited.
 *
 * For patterns that are no loop, where what was used lately is used again, `lru` is better. O(1) per operation.
 */
export function pinned<K>({ steady = false }: PinnedOptions = {}): CachePolicy<K> {
  const used = recencyList<K>();
  /** Where steady: those that came since the first one left, and were not used in another visit yet; when used, they go first. */
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

  /** A newcomer was used; in another visit than the one for which it came, it has come to stay. */
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
      // Used again at once: still the same visit, which says nothing about the loop.
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
      // Visits so long that they would fill half the room leave nothing to choose from: then they are none.
      const visit = 2 * visits.accesses <= used.size ? visits.accesses : 0;
      let node = used.newest;
      while (node !== undefined && clock - node.at < visit) node = node.older;
      let visited = node === undefined ? used.oldest : node.newer;
      for (; node !== undefined; node = node.older) if (evictable(node.key)) return node.key;
      // Of those being visited the one used longest ago, if there are no others.
      for (; visited !== undefined; visited = visited.newer) if (evictable(visited.key)) return visited.key;
      for (let node = prefetched.newest; node !== undefined; node = node.older) {
        if (evictable(node.key)) return node.key;
      }
      return undefined;
    },
  };
}
