// Belady's MIN, the offline optimum, over a recorded trace: what the hit rates of real policies are held against. It
// is no policy, because it has to know the future.
import { budgetTooSmall, checkBudget, checkSize } from './checks.ts';

/** What the oracle would have achieved. */
export interface BeladyResult {
  readonly hits: number;
  readonly misses: number;
  readonly accesses: number;
  /** `hits / accesses`; 0 for an empty trace. */
  readonly hitRate: number;
}

/**
 * Replays `trace` through a cache of `budgetBytes` that is empty at first and always evicts what is needed furthest in
 * the future. As in `createCache`, every missing entry has to be brought in; nothing is passed by.
 *
 * For entries of equal size no policy without prefetch has more hits (L. A. Belady, "A study of replacement algorithms
 * for a virtual-storage computer", IBM Systems Journal 5 (2), 1966). For unequal sizes it is a strong yardstick but
 * not a bound. O(n log n) in the length of the trace.
 *
 * @throws RondoError `BUDGET_TOO_SMALL` when an entry is larger than the budget; `BAD_ARGUMENT` for a bad budget or size
 */
export function beladyHits<K>(
  trace: readonly K[],
  sizeOf: (key: K) => number,
  budgetBytes: number,
): BeladyResult {
  checkBudget(budgetBytes);
  const nextUses = nextUseOf(trace);
  const keyAt = (use: number): K | undefined => trace[use < trace.length ? use : use - trace.length];

  const residents = new Map<K, number>();
  const byNextUse = maxHeap();
  let heldBytes = 0;
  let hits = 0;

  for (const [position, key] of trace.entries()) {
    if (residents.has(key)) hits += 1;
    else {
      const bytes = checkSize(sizeOf(key), key);
      if (bytes > budgetBytes) throw budgetTooSmall(key, bytes, budgetBytes);
      while (heldBytes + bytes > budgetBytes) {
        const furthest = byNextUse.pop();
        const victim = keyAt(furthest) as K;
        const evicted = residents.get(victim);
        // Uses that are past stay in the heap, but below those to come, of which every resident has one.
        if (evicted === undefined) continue;
        residents.delete(victim);
        heldBytes -= evicted;
      }
      residents.set(key, bytes);
      heldBytes += bytes;
    }
    byNextUse.push(nextUses[position] ?? Infinity);
  }

  const accesses = trace.length;
  return { hits, misses: accesses - hits, accesses, hitRate: accesses === 0 ? 0 : hits / accesses };
}

/**
 * For each position the position of the same key's next use. A last use gets the number `length + position`: past the
 * end, yet its own, so that a number names a key.
 */
function nextUseOf<K>(trace: readonly K[]): Float64Array {
  const nextUses = new Float64Array(trace.length);
  const upcoming = new Map<K, number>();
  for (let position = trace.length - 1; position >= 0; position -= 1) {
    const key = trace[position] as K;
    nextUses[position] = upcoming.get(key) ?? trace.length + position;
    upcoming.set(key, position);
  }
  return nextUses;
}

/** A binary heap of numbers whose largest comes out first. */
function maxHeap(): { push(value: number): void; pop(): number } {
  const heap: number[] = [];
  const at = (index: number): number => heap[index] ?? -Infinity;

  return {
    push(value) {
      let index = heap.length;
      heap.push(value);
      while (index > 0) {
        const parent = (index - 1) >> 1;
        if (at(parent) >= value) break;
        heap[index] = at(parent);
        index = parent;
      }
      heap[index] = value;
    },
    pop() {
      const top = at(0);
      const last = heap.pop() ?? -Infinity;
      if (heap.length === 0) return top;
      let index = 0;
      for (;;) {
        const left = 2 * index + 1;
        const larger = at(left + 1) > at(left) ? left + 1 : left;
        if (at(larger) <= last) break;
        heap[index] = at(larger);
        index = larger;
      }
      heap[index] = last;
      return top;
    },
  };
}
