// Evicts the least frequently used entry, but spares entries that were used within the last round: the choice for the experts
// of a model. A model uses each layer once for each token, and the next token often uses the same experts.
import type { CachePolicy } from '../types.ts';
import { frequencies, type Counted } from './frequencies.ts';
import { priorityHeap } from './priority-heap.ts';
import { recencyList, type RecencyList } from './recency-list.ts';

/**
 * The default half-life of a use, in accesses per known key (decision 35). On synthetic router traces with a constant
 * popularity, 8 has 0.5% of Belady's hits less than 32, and 4 has 1.2% less than 32. If the popularity shifts after 32
 * rounds, the hit rate of 8 is at most 2 points below that of 4, and the hit rate of 16 is at most 5 points below that of 4.
 */
const HALF_LIFE_ROUNDS = 8;

/** The round is the shortest of the latest returns: at least this many, at most twice as many. */
const REMEMBERED_RETURNS = 256;

/** Each token uses the experts of a layer in another order, so a round is lengthened by this share of its length. */
const JITTER = 1 / 8;

/** A key that is used at least 0.7 times (2 ** -0.5) as often as the most used key is needed in every round. */
const STEADY_SCORE = 0.5;

/** Options of `roundLfu`. */
export interface RoundLfuOptions {
  /** The number of accesses after which a use counts half: more than 0. Default 8 times the number of known keys. */
  readonly halfLife?: number | undefined;
}

/**
 * Evicts the least often used entry (as `lfu`, with uses that fade) among the entries that were passed over: entries for
 * which a whole round has gone by since their last use. An entry that was used, or came, within the last round had no
 * chance to return yet, so its absence says nothing.
 *
 * The length of a round is the shortest recent return of any key, times 9/8: a model uses the weights that every token
 * needs once a round. In random access some key returns at once, so no entry is spared, and the policy behaves as `lfu`.
 *
 * If no entry was passed over, the most recently used entry is evicted, because the next round needs it last, as in
 * `pinned`. First come the entries that only some rounds need, then the entries that nearly each round needs, then the
 * prefetched entries that were not used yet. On a loop of N equal entries with room for C, the hit rate is therefore the
 * optimum, (C-1)/(N-1). O(log n) per operation, amortized.
 *
 * @throws RondoError `BAD_ARGUMENT` for a half-life that is not more than 0
 */
export function roundLfu<K>({ halfLife }: RoundLfuOptions = {}): CachePolicy<K> {
  const counts = frequencies<K>('roundLfu', HALF_LIFE_ROUNDS, halfLife);
  const passedOver = priorityHeap<Counted<K>>();
  /** The entries that were not passed over, in three groups. The groups are evicted in this order. */
  const occasional = recencyList<K>();
  const steady = recencyList<K>();
  const expected = recencyList<K>();
  const groups = [occasional, steady, expected];
  /** The key used last. Successive uses of a key are one visit, and do not count as a return. */
  let latest: Counted<K> | undefined;
  let highestScore = -Infinity;
  let returns = 0;
  let shortestReturn = Infinity;
  let previousShortestReturn = Infinity;

  function noteReturn(distance: number): void {
    shortestReturn = Math.min(shortestReturn, distance);
    returns += 1;
    if (returns % REMEMBERED_RETURNS > 0) return;
    previousShortestReturn = shortestReturn;
    shortestReturn = Infinity;
  }

  function passOver(): void {
    const shortest = Math.min(shortestReturn, previousShortestReturn);
    const round = shortest === Infinity ? Infinity : shortest + Math.trunc(JITTER * shortest);
    for (const group of groups) {
      for (let node = group.oldest; node && counts.accesses - node.at >= round; node = group.oldest) {
        group.delete(node.key);
        const entry = counts.of(node.key);
        passedOver.set(entry, entry.score);
      }
    }
  }

  /** Removes an entry from its place; not from `stays`, where its place is about to change. */
  function take(entry: Counted<K>, stays?: RecencyList<K>): void {
    if (entry.index >= 0) passedOver.delete(entry);
    else for (const group of groups) if (group !== stays && group.size > 0) group.delete(entry.key);
  }

  return {
    name: 'roundLfu',
    added(key, _bytes, origin) {
      counts.added(key);
      (origin === 'prefetch' ? expected : occasional).touch(key, counts.accesses);
    },
    used(key) {
      const { usedAt: before } = counts.of(key);
      const entry = counts.used(key);
      if (entry !== latest && before > 0) noteReturn(entry.usedAt - before);
      latest = entry;
      highestScore = Math.max(highestScore, entry.score);
      const group = entry.score >= highestScore - STEADY_SCORE ? steady : occasional;
      take(entry, group);
      group.touch(key, counts.accesses);
      passOver();
    },
    removed(key) {
      take(counts.removed(key));
    },
    victim(evictable) {
      const rarest = passedOver.first((entry) => evictable(entry.key));
      if (rarest !== undefined) return rarest.key;
      for (const group of groups) {
        for (let node = group.newest; node !== undefined; node = node.older)
          if (evictable(node.key)) return node.key;
      }
      return undefined;
    },
  };
}
