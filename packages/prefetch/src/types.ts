// The interface of this package: a prefetcher sees every access and asks the cache for the next keys.
import type { Cache } from '@rondo/cache';

/** The statistics of a prefetcher. Each prefetch is pending until it ends as exactly one of useful, late and wasted. */
export interface PrefetchStats {
  /** Number of prefetches begun. */
  readonly issued: number;
  /** Number of prefetches whose entry arrived before it was needed. */
  readonly useful: number;
  /** Number of prefetches that were still in flight when the entry was needed. */
  readonly late: number;
  /** Number of prefetches whose entry was never used: evicted, cancelled or failed. */
  readonly wasted: number;
  /** Number of prefetches that the cache refused, for lack of room without evicting entries needed sooner. */
  readonly refused: number;
  readonly inFlight: number;
  /** Bytes in flight; 0 if the context does not know sizes. */
  readonly bytesInFlight: number;
}

/** Sees each access and asks the cache for the next keys. Every implementation passes `@rondo/prefetch/conformance`. */
export interface Prefetcher<K> {
  readonly name: string;
  /** Tells that `key` is about to be acquired. Resolves at once, except for a strategy that blocks by design. */
  observe(key: K): Promise<void>;
  readonly stats: PrefetchStats;
  /** Cancels loads in flight; resolves when no load is in flight. Further calls do nothing. */
  stop(): Promise<void>;
}

/** The objects that a strategy needs. */
export interface PrefetchContext<K> {
  /** `idle` is for strategies that let accesses go first. Without `idle`, these strategies cannot let accesses go first. */
  readonly cache: Pick<Cache<K, unknown>, 'prefetch' | 'has'> & Partial<Pick<Cache<K, unknown>, 'idle'>>;
  /** The keys that follow `key`, soonest first, at most `count`: known for a dense model, predicted for other models. */
  next(key: K, count: number): readonly K[];
  /**
   * Bytes of an entry, as the cache counts them; undefined for a key that does not exist. Needed to limit the bytes in
   * flight, and to fetch keys that were neither named nor used yet, such as the next numbers of a scan.
   */
  sizeOf?(key: K): number | undefined;
}

/** A strategy is a function from context to prefetcher, so that the code that owns the cache can build the prefetcher. */
export type PrefetchStrategy = <K>(context: PrefetchContext<K>) => Prefetcher<K>;
