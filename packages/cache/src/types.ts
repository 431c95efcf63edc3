// The interfaces of this package: what a cache promises, what a policy decides, what is counted.

/** Why an entry came in: somebody waits for it, or somebody expects to need it. */
export type LoadOrigin = 'demand' | 'prefetch';

/**
 * Decides which entry leaves. Holds no values and does no I/O; the cache tells it everything it needs to know.
 * One policy object serves one cache. Every implementation passes `@rondo/cache/conformance`.
 */
export interface CachePolicy<K> {
  readonly name: string;
  /** An entry of `bytes` bytes is now in the cache. */
  added(key: K, bytes: number, origin: LoadOrigin): void;
  /** An entry was acquired. Follows `added` for what came in on demand. */
  used(key: K): void;
  /** An entry has left. */
  removed(key: K): void;
  /** The entry to evict next among those `evictable` admits; undefined when it admits none. Changes nothing. */
  victim(evictable: (key: K) => boolean): K | undefined;
  /**
   * Of so many bytes, how many are worth having for what the policy sees; where it is missing, all. For whoever sizes the
   * cache: the cache itself does not ask.
   */
  roomFor?(availableBytes: number): number;
}

/** Counted so that it cannot flatter: `hits + lateHits + misses === accesses`, always. */
export interface CacheStats {
  /** Calls of `acquire`, each counted when it comes; not those turned away at the door (see `createCache`). */
  readonly accesses: number;
  /** The value was there. */
  readonly hits: number;
  /** The value was on its way: a prefetch or another access had asked for it before. */
  readonly lateHits: number;
  /** Nothing was there: the access had to begin the load itself. */
  readonly misses: number;
  readonly evictions: number;
  /** Loads begun by `prefetch`. */
  readonly prefetches: number;
  /** Bytes of all completed loads. */
  readonly bytesLoaded: number;
  /** Time that accesses spent waiting for loads, in milliseconds. */
  readonly stallMs: number;
  /** Bytes held now, loads in flight included; never above the budget. */
  readonly bytes: number;
  readonly peakBytes: number;
  /** The budget in force; while `resize` waits for leases, what is still held. */
  readonly budgetBytes: number;
  /** Entries that are there, loads in flight not included. */
  readonly entries: number;
  /** Leases that were given and not released. */
  readonly leases: number;
}

/** A value in use: it stays in the cache until released. */
export interface Lease<V> {
  readonly value: V;
  /** Idempotent. */
  release(): void;
}

/** How to wait for an entry. */
export interface AcquireOptions {
  /** Stops waiting; the load itself goes on only while somebody else waits for it. */
  readonly signal?: AbortSignal | undefined;
}

/** How to load an entry ahead of its use. */
export interface PrefetchOptions<K> {
  readonly signal?: AbortSignal | undefined;
  /** Entries that this prefetch must not push out, because they are needed sooner. */
  readonly keep?: ((key: K) => boolean) | undefined;
  /**
   * Entries that are needed sooner. Of these, what is neither there nor on its way needs room beside this prefetch: what
   * will be acquired next would cancel or evict it otherwise, and it would be read twice.
   */
  readonly leaveRoomFor?: Iterable<K> | undefined;
}

/**
 * `refused`: there is no room that could be made without evicting what is in use, kept, or itself just prefetched, or
 * without taking room that is to be left.
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
   * Brings `key` in ahead of its use, if that is possible without harm. Handle rejections: it may be cancelled any time.
   *
   * @throws RondoError `CLOSED` after dispose; the loader's error; the signal's reason; a DOMException named `AbortError`
   * when the cache cancels it, because an access, a smaller budget or `clear` needs its room.
   */
  prefetch(key: K, options?: PrefetchOptions<K>): Promise<PrefetchResult>;
  /** Whether the value is there (not merely on its way). */
  has(key: K): boolean;
  /**
   * Resolves when no load that an access began is under way or waiting for room, at once if there is none: what fills
   * the cache ahead of need can so leave the disk or line to who needs it now.
   */
  idle(): Promise<void>;
  /** Changes the budget; resolves when the contents fit it, which may have to wait for leases. */
  resize(budgetBytes: number): Promise<void>;
  /** Evicts everything that is not in use. */
  clear(): void;
  readonly stats: CacheStats;
  /** The keys in the order of their acquisition since the last `resetStats`, for the oracle. */
  readonly trace: readonly K[];
  /** Counters to zero and the trace emptied; contents stay. */
  resetStats(): void;
  /** Cancels loads, evicts everything; resolves when the last lease has been released. Idempotent. */
  dispose(): Promise<void>;
}
