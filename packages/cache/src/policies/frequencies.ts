// Counts how often keys were used; older uses count less. The policies that compare frequencies share this count.
import { RondoError, shownValue } from '@rondo/errors';
import type { HeapNode } from './priority-heap.ts';

/** The most evicted keys whose frequency is remembered. If there are more, the rarer half is forgotten. */
const REMEMBERED_KEYS = 65_536;

/** The score of a key that was never used. */
const NEVER = -Infinity;

/** A key and its frequency. */
export interface Counted<K> extends HeapNode {
  readonly key: K;
  /**
   * The base-2 logarithm of the sum of 2^(time of use in half-lives) over the uses of the key. All sums fade alike as time
   * passes, so their order changes only by use, and no score needs an update for fading.
   */
  readonly score: number;
  /** The number of accesses when the key was last used; 0 if it was never used. */
  readonly usedAt: number;
}

/** The frequencies of keys, of entries in the cache and of evicted entries. */
export interface Frequencies<K> {
  /** The current time in half-lives. It is also the score of a key whose only use is now. */
  readonly now: number;
  /** The number of accesses so far. */
  readonly accesses: number;
  /** The frequency of `key`; a new one if the key is new. */
  of(key: K): Counted<K>;
  /** Counts a use. */
  used(key: K): Counted<K>;
  /** Notes that an entry came into the cache. */
  added(key: K): Counted<K>;
  /** Notes that an entry left the cache. If too many evicted keys are known, the rarer half of them is forgotten. */
  removed(key: K): Counted<K>;
}

interface Known<K> extends Counted<K> {
  score: number;
  usedAt: number;
  isPresent: boolean;
}

/**
 * No frequencies yet. A use counts half after `halfLife` accesses; if that is undefined, after `rounds` accesses per known
 * key. `policy` is the name for the error.
 *
 * @throws RondoError `BAD_ARGUMENT` for a half-life that is not more than 0
 */
export function frequencies<K>(policy: string, rounds: number, halfLife: number | undefined): Frequencies<K> {
  if (halfLife !== undefined && !(halfLife > 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The half-life of ${policy} must be a number of accesses above 0; got ${shownValue(halfLife)}.`,
      { details: { halfLife } },
    );
  }
  const known = new Map<K, Known<K>>();
  let present = 0;
  let now = 0;
  let accesses = 0;
  /** The frequency asked for last. The next call is mostly about the same key, and a look-up in a large Map takes time. */
  let found: Known<K> | undefined;

  function of(key: K): Known<K> {
    if (found !== undefined && Object.is(found.key, key)) return found;
    found = known.get(key);
    if (found === undefined) {
      found = { key, score: NEVER, index: -1, usedAt: 0, isPresent: false };
      known.set(key, found);
    }
    return found;
  }

  function forget(): void {
    const left = [...known.values()].filter(({ isPresent }) => !isPresent).sort((a, b) => a.score - b.score);
    for (const { key } of left.slice(0, left.length / 2)) known.delete(key);
    found = undefined;
  }

  return {
    get now() {
      return now;
    },
    get accesses() {
      return accesses;
    },
    of,
    used(key) {
      const entry = of(key);
      accesses += 1;
      entry.usedAt = accesses;
      now += 1 / (halfLife ?? rounds * known.size);
      entry.score = now + Math.log2(1 + 2 ** (entry.score - now));
      return entry;
    },
    added(key) {
      const entry = of(key);
      if (!entry.isPresent) present += 1;
      entry.isPresent = true;
      return entry;
    },
    removed(key) {
      const entry = of(key);
      if (entry.isPresent) present -= 1;
      entry.isPresent = false;
      if (known.size > present + REMEMBERED_KEYS) forget();
      return entry;
    },
  };
}
