// The hits of the offline optimum on a recorded trace. The hit rates of real policies are compared with the optimum.
import { budgetTooSmall, checkBudget, checkSize } from './checks.ts';
import { belady } from './policies/belady.ts';

/** The hits of the offline optimum. */
export interface BeladyResult {
  readonly hits: number;
  readonly misses: number;
  readonly accesses: number;
  /** `hits / accesses`; 0 for an empty trace. */
  readonly hitRate: number;
}

const anyone = (): boolean => true;

/**
 * Replays `trace` through an empty cache of `budgetBytes` that always evicts the entry needed furthest in the future (the
 * policy `belady`). As in `createCache`, every missing entry is loaded; no access bypasses the cache.
 *
 * For entries of equal size, no policy without prefetch has more hits. For unequal sizes the result is a good
 * reference, but not an upper bound. O(n log n) in the length of the trace.
 *
 * @throws RondoError `BUDGET_TOO_SMALL` when an entry is larger than the budget; `BAD_ARGUMENT` for a bad budget or size
 */
export function beladyHits<K>(
  trace: readonly K[],
  sizeOf: (key: K) => number,
  budgetBytes: number,
): BeladyResult {
  checkBudget(budgetBytes);
  const policy = belady(trace);
  const residents = new Map<K, number>();
  let heldBytes = 0;
  let hits = 0;

  for (const key of trace) {
    if (residents.has(key)) hits += 1;
    else {
      const bytes = checkSize(sizeOf(key), key);
      if (bytes > budgetBytes) throw budgetTooSmall(key, bytes, budgetBytes);
      while (heldBytes + bytes > budgetBytes) {
        // A victim exists: only residents hold bytes.
        const victim = policy.victim(anyone) as K;
        heldBytes -= residents.get(victim) ?? 0;
        residents.delete(victim);
        policy.removed(victim);
      }
      residents.set(key, bytes);
      heldBytes += bytes;
      policy.added(key, bytes, 'demand');
    }
    policy.used(key);
  }

  const accesses = trace.length;
  return { hits, misses: accesses - hits, accesses, hitRate: accesses === 0 ? 0 : hits / accesses };
}
