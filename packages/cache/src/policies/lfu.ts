// Least frequently used, with a memory that fades: the choice where some keys are simply wanted more often than others,
// as experts are.
import { RondoError } from '@rondo/errors';
import type { CachePolicy } from '../types.ts';
import { priorityHeap } from './priority-heap.ts';

/** How many keys that have left are remembered with their frequency. */
const REMEMBERED_KEYS = 16_384;

/** Half-life of a use by default, in accesses per key known. */
const HALF_LIFE_ROUNDS = 16;

/** Options of the policy. */
export interface LfuOptions {
  /**
   * After how many accesses a use counts half: more than 0. Default 16 times the number of keys known, which follows
   * a popularity that shifts and still counts enough uses to tell keys apart.
   */
  readonly halfLife?: number | undefined;
}

/**
 * Evicts what was used least often, where a use counts the less the longer ago it was: half after each half-life. That
 * is also the tie-break, as among keys used equally often the one used longer ago counts less. Frequencies outlive
 * eviction, so that a popular key that was once squeezed out is known when it returns.
 *
 * A frequency says nothing yet of a key that has just come, so the last two entries used (one, if fewer than eight are
 * there, and none below four) are safe: else a newcomer that is wanted again at once, as in back-and-forth access,
 * would be evicted between its uses.
 *
 * On a loop all frequencies are equal and it behaves as `lru` does. After D. Lee et al., "LRFU: a spectrum of policies
 * that subsumes the least recently used and least frequently used policies", IEEE Transactions on Computers 50 (12),
 * 2001. O(log n) per operation.
 *
 * @throws RondoError `BAD_ARGUMENT` for a half-life that is not more than 0
 */
export function lfu<K>({ halfLife }: LfuOptions = {}): CachePolicy<K> {
  if (halfLife !== undefined && !(halfLife > 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The half-life of lfu must be a number of accesses above 0; got ${halfLife}.`,
      { details: { halfLife } },
    );
  }
  /**
   * The base-2 logarithm of each key's sum of 2^(time of use in half-lives): all sums fade alike as time passes, so
   * their order changes only by use, and no sum is ever touched for fading's sake.
   */
  const scores = new Map<K, number>();
  const residents = priorityHeap<K>();
  /** In half-lives. */
  let now = 0;
  let latest: readonly K[] = [];

  function scoreOf(key: K): number {
    const score = scores.get(key);
    return score === undefined ? now : now + Math.log2(1 + 2 ** (score - now));
  }

  return {
    name: 'lfu',
    added(key) {
      // As if used: somebody wants it, or is about to.
      residents.set(key, scoreOf(key));
    },
    used(key) {
      now += 1 / (halfLife ?? HALF_LIFE_ROUNDS * Math.max(1, scores.size));
      const score = scoreOf(key);
      scores.delete(key);
      scores.set(key, score);
      residents.set(key, score);
      if (latest[0] !== key) latest = [key, ...latest.filter((other) => other !== key).slice(0, 1)];
      if (scores.size <= REMEMBERED_KEYS) return;
      for (const oldest of scores.keys()) {
        scores.delete(oldest);
        break;
      }
    },
    removed: (key) => residents.delete(key),
    victim(evictable) {
      const safe = latest.slice(0, Math.floor(residents.size / 4));
      return residents.first((key) => evictable(key) && !safe.includes(key)) ?? residents.first(evictable);
    },
  };
}
