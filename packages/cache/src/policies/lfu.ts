// Least frequently used, with older uses counting less: the choice if some keys are used more often than other keys, such as
// experts.
import type { CachePolicy } from '../types.ts';
import { frequencies, type Counted } from './frequencies.ts';
import { priorityHeap } from './priority-heap.ts';

/**
 * The default half-life of a use, in accesses per known key. Of the measured values 2 to 32, 4 is the best compromise. If
 * the popularity stays, 4 has at most one point of hit rate less than 32. If the popularity shifts after 32 rounds, 32
 * has nine points less than 4.
 */
const HALF_LIFE_ROUNDS = 4;

/** Options of `lfu`. */
export interface LfuOptions {
  /**
   * The number of accesses after which a use counts half: more than 0. Default 4 times the number of known keys, which
   * follows a popularity that shifts and still counts enough uses to distinguish keys.
   */
  readonly halfLife?: number | undefined;
}

/**
 * Evicts the least often used entry. Older uses count less: half after each half-life. Among keys used equally often, the
 * key used longer ago therefore counts less. Frequencies are kept after an eviction, so a popular key that was evicted is
 * known when it returns.
 *
 * The frequency of a new key is not known yet, so the last two used entries are not evicted. With four to seven entries,
 * only the last used entry is spared; with fewer entries, no entry is spared. Otherwise a new entry that is soon used
 * again, as in back-and-forth access, would be evicted between its uses.
 *
 * On a loop all frequencies are equal, and `lfu` behaves as `lru`. After D. Lee et al., "LRFU: a spectrum of policies
 * that subsumes the least recently used and least frequently used policies", IEEE Transactions on Computers 50 (12),
 * 2001. O(log n) per operation.
 *
 * @throws RondoError `BAD_ARGUMENT` for a half-life that is not more than 0
 */
export function lfu<K>({ halfLife }: LfuOptions = {}): CachePolicy<K> {
  const counts = frequencies<K>('lfu', HALF_LIFE_ROUNDS, halfLife);
  const residents = priorityHeap<Counted<K>>();
  /** The last two entries used, latest first. */
  let latest: Counted<K> | undefined;
  let second: Counted<K> | undefined;

  return {
    name: 'lfu',
    added(key) {
      // The entry gets the place of an entry used now, because an access is about to use it. Its score is unchanged.
      residents.set(counts.added(key), counts.now);
    },
    used(key) {
      const entry = counts.used(key);
      residents.set(entry, entry.score);
      if (entry === latest) return;
      second = latest;
      latest = entry;
    },
    removed(key) {
      residents.delete(counts.removed(key));
    },
    victim(evictable) {
      const { size } = residents;
      const found =
        residents.first(
          (entry) =>
            !(entry === latest && size >= 4) && !(entry === second && size >= 8) && evictable(entry.key),
        ) ?? residents.first(({ key }) => evictable(key));
      return found?.key;
    },
  };
}
