// The counters for `stats` and `trace`. Each access is counted once, when it comes, as a hit, a late hit or a
// miss. So `hits + lateHits + misses === accesses` holds at every instant.
import type { CacheStats } from './types.ts';

/** The result of an access: a hit, a late hit or a miss. */
type AccessKind = 'hit' | 'lateHit' | 'miss';

type Held = Pick<CacheStats, 'bytes' | 'budgetBytes' | 'entries' | 'leases'>;

/** Mutable counters of one cache. */
export interface Counters<K> {
  accessed(key: K, kind: AccessKind): void;
  evicted(count: number): void;
  prefetched(): void;
  loaded(bytes: number): void;
  /** An access that began to wait at `sinceMs` has stopped waiting. */
  waited(sinceMs: number): void;
  /** The cache now holds `bytes`. */
  holds(bytes: number): void;
  snapshot(held: Held): CacheStats;
  readonly trace: readonly K[];
  reset(heldBytes: number): void;
}

/** Creates counters at zero. `now` gives the time for stalls; the trace holds at most `traceLimit` keys. */
export function createCounters<K>(now: () => number, traceLimit: number): Counters<K> {
  let hits = 0;
  let lateHits = 0;
  let misses = 0;
  let evictions = 0;
  let prefetches = 0;
  let bytesLoaded = 0;
  let stallMs = 0;
  let peakBytes = 0;
  let resetAtMs = -Infinity;
  let trace: K[] = [];

  return {
    accessed(key, kind) {
      if (kind === 'hit') hits += 1;
      else if (kind === 'lateHit') lateHits += 1;
      else misses += 1;
      if (trace.length < traceLimit) trace.push(key);
    },
    evicted(count) {
      evictions += count;
    },
    prefetched() {
      prefetches += 1;
    },
    loaded(bytes) {
      bytesLoaded += bytes;
    },
    waited(sinceMs) {
      stallMs += now() - Math.max(sinceMs, resetAtMs);
    },
    holds(bytes) {
      peakBytes = Math.max(peakBytes, bytes);
    },
    snapshot: (held) => ({
      accesses: hits + lateHits + misses,
      hits,
      lateHits,
      misses,
      evictions,
      prefetches,
      bytesLoaded,
      stallMs,
      peakBytes,
      ...held,
    }),
    get trace() {
      return trace;
    },
    reset(heldBytes) {
      hits = lateHits = misses = evictions = prefetches = bytesLoaded = stallMs = 0;
      peakBytes = heldBytes;
      resetAtMs = now();
      trace = [];
    },
  };
}
