// Least frequently used, where older uses count less: the choice if some keys are used more often than others, such as the
// experts of a model.
import { RondoError, shownValue } from '@rondo/errors';
import type { CachePolicy } from '../types.ts';
import { priorityHeap, type HeapNode } from './priority-heap.ts';

/**
 * The number of evicted keys whose frequency is remembered, at most. The more frequent half of the keys is always
 * remembered.
 */
const REMEMBERED_KEYS = 65_536;

/**
 * The default half-life of a use, in accesses per known key. Of the measured values 2 to 32, 4 is the best compromise. If
 * the popularity stays, 4 has at most one point of hit rate less than 32. If the popularity shifts after 32 rounds, 32
 * has nine points less than 4.
 */
const HALF_LIFE_ROUNDS = 4;

/** The score of a key that was never used. */
const NEVER = -Infinity;

interface Known<K> extends HeapNode {
  readonly key: K;
  score: number;
}

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
 * The frequency of a new key is not known yet, so the last two used entries are not evicted (with four to seven entries:
 * the last used entry; with fewer entries: no entry is spared). Otherwise a new entry that is used again at once, as in
 * back-and-forth access, would be evicted between its uses.
 *
 * On a loop all frequencies are equal, and `lfu` behaves as `lru`. After D. Lee et al., "LRFU: a spectrum of policies
 * that subsumes the least recently used and least frequently used policies", IEEE Transactions on Computers 50 (12),
 * 2001. O(log n) per operation.
 *
 * @throws RondoError `BAD_ARGUMENT` for a half-life that is not more than 0
 */
export function lfu<K>({ halfLife }: LfuOptions = {}): CachePolicy<K> {
  if (halfLife !== undefined && !(halfLife > 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The half-life of lfu must be a number of accesses above 0; got ${shownValue(halfLife)}.`,
      { details: { halfLife } },
    );
  }
  /**
   * The score of a key is the base-2 logarithm of the sum of 2^(time of use in half-lives) over its uses. All sums
   * decrease by the same factor as time passes, so their order changes only by use. No score needs an update as time
   * passes.
   */
  const known = new Map<K, Known<K>>();
  const residents = priorityHeap<Known<K>>();
  /** The current time in half-lives. */
  let now = 0;
  /** The last two entries used, latest first. */
  let latest: Known<K> | undefined;
  let second: Known<K> | undefined;

  /** The entry of the last look-up. The next call is mostly about the same key, and a look-up in a large Map takes time. */
  let found: Known<K> | undefined;

  function know(key: K): Known<K> {
    if (found !== undefined && Object.is(found.key, key)) return found;
    found = known.get(key);
    if (found === undefined) {
      found = { key, score: NEVER, index: -1 };
      known.set(key, found);
    }
    return found;
  }

  function forget(): void {
    const left = [...known.values()].filter(({ index }) => index < 0).sort((a, b) => a.score - b.score);
    for (const { key } of left.slice(0, left.length / 2)) known.delete(key);
    found = undefined;
  }

  return {
    name: 'lfu',
    added(key) {
      // Placed as if used just now, because an access is about to use it. Its score is unchanged.
      residents.set(know(key), now);
    },
    used(key) {
      const entry = know(key);
      now += 1 / (halfLife ?? HALF_LIFE_ROUNDS * known.size);
      entry.score = now + Math.log2(1 + 2 ** (entry.score - now));
      residents.set(entry, entry.score);
      if (entry === latest) return;
      second = latest;
      latest = entry;
    },
    removed(key) {
      residents.delete(know(key));
      if (known.size > residents.size + REMEMBERED_KEYS) forget();
    },
    victim(evictable) {
      const { size } = residents;
      found =
        residents.first(
          (entry) =>
            !(entry === latest && size >= 4) && !(entry === second && size >= 8) && evictable(entry.key),
        ) ?? residents.first(({ key }) => evictable(key));
      return found?.key;
    },
  };
}
