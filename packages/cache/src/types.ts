// The interfaces of this package: the cache, its policy, and the statistics.

/** Why an entry was loaded: an access waits for the entry, or a prefetch expects its use. */
export type LoadOrigin = 'demand' | 'prefetch';

/**
 * Decides which entry is evicted. A policy holds no values and does no I/O; the cache tells the policy all that the policy
 * needs. One policy object serves one cache. Every implementation passes `@rondo/cache/conformance`.
 */
export interface CachePolicy<K> {
  readonly name: string;
  /** An entry of `bytes` bytes is now in the cache. */
  added(key: K, bytes: number, origin: LoadOrigin): void;
  /** An entry was acquired. For an entry loaded on demand, this follows `added`. */
  used(key: K): void;
  /** An entry is no longer in the cache. */
  removed(key: K): void;
  /**
   * The entry to evict next, among the entries that `evictable` admits; undefined if `evictable` admits no entry. Changes
   * nothing.
   */
  victim(evictable: (key: K) => boolean): K | undefined;
  /**
   * How many of `availableBytes` are worth giving to this cache, by the access pattern seen so far. If the method is
   * absent: all of them. For code that sizes the cache; the cache itself does not ask.
   */
  roomFor?(availableBytes: number): number;
}

/** The statistics of a cache. `hits + lateHits + misses === accesses` holds at every instant. */
export interface CacheStats {
  /** Number of calls of `acquire`. A call counts when it comes; calls refused at once do not count (see `createCache`). */
  readonly accesses: number;
  /** Number of accesses that found the value present. */
  readonly hits: number;
  /** Number of accesses that found the value being loaded, for a prefetch or an earlier access. */
  readonly lateHits: number;
  /** Number of accesses that found neither the value nor a load, and began the load. */
  readonly misses: number;
  readonly evictions: number;
  /** Number of loads begun by `prefetch`. */
  readonly prefetches: number;
  /** Bytes of all completed loads. */
  readonly bytesLoaded: number;
  /** Time that accesses spent waiting for loads, in milliseconds. */
  readonly stallMs: number;
  /** Number of bytes held now, including loads in flight; never above the budget. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** The budget in force, in bytes. While `resize` waits for leases: the number of bytes still held. */
  readonly budgetBytes: number;
  /** Number of present entries, without loads in flight. */
  readonly entries: number;
  /** Number of leases that were given and not released. */
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
   * Entries that are needed sooner. The prefetch leaves room for the entries that are neither present nor being loaded.
   * Otherwise, accesses to these entries would cancel or evict the prefetched entry, which would then be read twice.
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
   * The value of `key`, loaded if necessary, and leased until released. Concurrent calls share one load.
   *
   * @throws RondoError `BUDGET_TOO_SMALL` when the entry is larger than the budget; the loader's error; the signal's
   * reason; `CLOSED` after dispose.
   */
  acquire(key: K, options?: AcquireOptions): Promise<Lease<V>>;
  /**
   * Loads `key` ahead of its use, if there is room (see `PrefetchResult`). Callers must handle rejections: the cache may cancel
   * a prefetch at any time.
   *
   * @throws RondoError `CLOSED` after dispose; the loader's error; the signal's reason; a DOMException named `AbortError`
   * if the cache cancels the prefetch, because an access, a smaller budget or `clear` needs its room.
   */
  prefetch(key: K, options?: PrefetchOptions<K>): Promise<PrefetchResult>;
  /** Whether the value is present. A value that is being loaded is not present. */
  has(key: K): boolean;
  /**
   * Resolves when no load that an access began is in flight or waits for room; at once if there is no such load. A
   * prefetcher that waits for this promise gives accesses the full bandwidth of the disk or network.
   */
  idle(): Promise<void>;
  /** Changes the budget. Resolves when the contents fit the new budget, which may require waiting for leases. */
  resize(budgetBytes: number): Promise<void>;
  /** Evicts everything that is not in use. */
  clear(): void;
  readonly stats: CacheStats;
  /** The keys in the order of their acquisition since the last `resetStats`, for `beladyHits`. */
  readonly trace: readonly K[];
  /** Sets the counters to zero and empties the trace; the contents stay. */
  resetStats(): void;
  /** Cancels loads and evicts everything. Resolves when the last lease was released. Further calls do nothing. */
  dispose(): Promise<void>;
}
