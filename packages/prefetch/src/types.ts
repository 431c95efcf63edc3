// The interface of this package: a prefetcher sees every access and asks the cache for what comes next.
import type { Cache } from '@rondo/cache';

/** What a prefetcher achieved; each prefetched entry ends up in exactly one of useful, late and wasted, or is pending. */
export interface PrefetchStats {
  /** Prefetches begun. */
  readonly issued: number;
  /** There in time. */
  readonly useful: number;
  /** Still on their way when they were needed. */
  readonly late: number;
  /** Loaded, but never used: evicted, cancelled or failed. */
  readonly wasted: number;
  /** Asked for, but the cache had no room without evicting what is needed sooner. */
  readonly refused: number;
  readonly inFlight: number;
  /** Bytes of what is in flight; 0 where the context cannot tell sizes. */
  readonly bytesInFlight: number;
}

/** Sees each access, asks the cache for what comes. Every implementation passes `@rondo/prefetch/conformance`. */
export interface Prefetcher<K> {
  readonly name: string;
  /** `key` is about to be acquired. Resolves at once, except for the strategy that blocks by design. */
  observe(key: K): Promise<void>;
  readonly stats: PrefetchStats;
  /** Cancels what is in flight; resolves when nothing is. Idempotent. */
  stop(): Promise<void>;
}

/** What a strategy is given to work with. */
export interface PrefetchContext<K> {
  /** `idle` is for strategies that let accesses go first; without it they cannot. */
  readonly cache: Pick<Cache<K, unknown>, 'prefetch' | 'has'> & Partial<Pick<Cache<K, unknown>, 'idle'>>;
  /** The keys that follow `key`, soonest first, at most `count`: known for a dense model, predicted for others. */
  next(key: K, count: number): readonly K[];
  /**
   * Bytes of an entry, as the cache counts them; undefined for a key that does not exist. Needed to limit the bytes in
   * flight, and to fetch keys that nobody named or used yet, such as the next numbers of a scan.
   */
  sizeOf?(key: K): number | undefined;
}

/** A strategy is a function from context to prefetcher, so that whoever owns the cache can build it. */
export type PrefetchStrategy = <K>(context: PrefetchContext<K>) => Prefetcher<K>;
