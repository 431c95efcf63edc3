// The interfaces of this package: what a cache promises, what a policy decides, and what is counted.

/** Why an entry came: an access waits for it, or a prefetch expects its use. */
export type LoadOrigin = 'demand' | 'prefetch';

/**
 * Decides which entry leaves. Holds no values and does no I/O; the cache tells it everything that it needs. One policy
 * object serves one cache. Every implementation passes `@rondo/cache/conformance`.
 */
export interface CachePolicy<K> {
  readonly name: string;
  /** An entry of `bytes` bytes is now in the cache. */
  added(key: K, bytes: number, origin: LoadOrigin): void;
  /** An entry was acquired. For an entry loaded on demand, this follows `added`. */
  used(key: K): void;
  /** An entry has left. */
  removed(key: K): void;
  /** The entry to evict next, among the entries that `evictable` admits; undefined if it admits none. Changes nothing. */
  victim(evictable: (key: K) => boolean): K | undefined;
  /**
   * How many of `availableBytes` are worth giving to this cache, by the access pattern seen so far. If the method is
   * absent: all of them. For code that sizes the cache; the cache itself does not ask.
   */
  roomFor?(availableBytes: number): number;
}

/** Counted so that no figure looks better than it is: `hits + lateHits + misses === accesses`, always. */
export interface CacheStats {
  /** Calls of `acquire`, each counted when it comes, except calls refused at once (see `createCache`). */
  readonly accesses: number;
  /** Accesses that found the value present. */
  readonly hits: number;
  /** Accesses that found the value on its way, asked for by a prefetch or an earlier access. */
  readonly lateHits: number;
  /** Accesses that found nothing and began the load themselves. */
  readonly misses: number;
  readonly evictions: number;
  /** Loads begun by `prefetch`. */
  readonly prefetches: number;
  /** Bytes of all completed loads. */
  readonly bytesLoaded: number;
  /** Time that accesses spent waiting for loads, in milliseconds. */
  readonly stallMs: number;
  /** Bytes held now, including loads in flight; never above the budget. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** The budget in force; while `resize` waits for leases, the bytes still held. */
  readonly budgetBytes: number;
  /** Present entries, without loads in flight. */
  readonly entries: number;
  /** Leases that were given and not released. */
  readonly leases: number;
}

/** A value in use. Its entry stays in the cache until the lease is released. */
export interface Lease<V> {
  readonly value: V;
  /** Gives the lease back. Further calls do nothing. */
  release(): void;
}

/** How to wait for an entry. */
export interface AcquireOptions {
  /** Stops waiting. The load itself continues only while another call waits for it. */
  readonly signal?: AbortSignal | undefined;
}

/** How to load an entry ahead of its use. */
export interface PrefetchOptions<K> {
  readonly signal?: AbortSignal | undefined;
  /** Entries that this prefetch must not evict, because they are needed sooner. */
  readonly keep?: ((key: K) => boolean) | undefined;
  /**
   * Entries that are needed sooner. The prefetch leaves room for those of them that are neither present nor on their way.
   * Otherwise their accesses would cancel or evict the prefetched entry, and it would be read twice.
   */
  readonly leaveRoomFor?: Iterable<K> | undefined;
}

/**
 * `refused`: making room would evict entries that are in use, kept or just prefetched, or would take room that
 * `leaveRoomFor` asks for.
 */
export type PrefetchResult = 'loaded' | 'present' | 'refused';

/** A byte-sized cache of values that load asynchronously. */
export interface Cache<K, V> {
  /**
   * The value of `key`, loaded if need be, leased until released. Concurrent calls share one load.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` when the entry is larger than the budget; the loader's error; the signal's
   * reason; `CLOSED` after dispose.
   */
  acquire(key: K, options?: AcquireOptions): Promise<Lease<V>>;
  /**
   * Loads `key` ahead of its use, if that does no harm. Handle rejections: the cache may cancel the prefetch at any time.
   *
   * @throws RondoError `CLOSED` after dispose; the loader's error; the signal's reason; a DOMException named `AbortError`
   * if the cache cancels the prefetch, because an access, a smaller budget or `clear` needs its room.
   */
  prefetch(key: K, options?: PrefetchOptions<K>): Promise<PrefetchResult>;
  /** Whether the value is present (not merely on its way). */
  has(key: K): boolean;
  /**
   * Resolves when no load that an access began is under way or waiting for room; at once if there is none. A prefetcher
   * that waits for this leaves the disk or line to accesses.
   */
  idle(): Promise<void>;
  /** Changes the budget. Resolves when the contents fit the new budget, which may require waiting for leases. */
  resize(budgetBytes: number): Promise<void>;
  /** Evicts everything that is not in use. */
  clear(): void;
  readonly stats: CacheStats;
  /** The keys in the order of their acquisition since the last `resetStats`, for the oracle. */
  readonly trace: readonly K[];
  /** Sets the counters to zero and empties the trace; the contents stay. */
  resetStats(): void;
  /** Cancels loads and evicts everything. Resolves when the last lease was released. Further calls do nothing more. */
  dispose(): Promise<void>;
}
