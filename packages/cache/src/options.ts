// The options of a cache, and the events that a cache reports to an observer.
import type { CachePolicy, LoadOrigin } from './types.ts';

/**
 * Something that happened to an entry. Events are for tracing and tests; for measurements, use `stats`.
 *
 * `hit`, `lateHit` and `miss` are accesses; `refused` is a prefetch for which there was no room; `load` begins a load,
 * which ends in exactly one of `loaded`, `failed` and `cancelled`; `evicted` only follows `loaded`.
 */
export type CacheEvent<K> =
  | { readonly type: 'hit' | 'lateHit' | 'miss' | 'refused'; readonly key: K }
  | {
      readonly type: 'load' | 'loaded' | 'cancelled';
      readonly key: K;
      readonly bytes: number;
      readonly origin: LoadOrigin;
    }
  | { readonly type: 'evicted'; readonly key: K; readonly bytes: number }
  | { readonly type: 'failed' | 'unloadFailed'; readonly key: K; readonly error: unknown };

/** What `createCache` needs to know. */
export interface CacheOptions<K, V> {
  /** The most that entries and loads in flight may hold together: a whole number of bytes, at least 1. */
  readonly budgetBytes: number;
  /** Chooses which entry is evicted when room is needed. Each cache needs its own policy object. */
  readonly policy: CachePolicy<K>;
  /** Bytes that the entry will hold, known before it is loaded: a whole number, 0 or more, the same at each call. */
  sizeOf(key: K): number;
  /**
   * Loads one entry. Its room is reserved before this call and stays reserved until the promise settles, cancelled or
   * not. A load that ignores its signal keeps its room and delays `dispose`. The cache may call `load` again for a key
   * whose cancelled load has not settled yet.
   */
  load(key: K, signal: AbortSignal): Promise<V>;
  /**
   * Releases the resources of a value, at once and without throwing. Called exactly once for each loaded value: when it is
   * evicted, or when it arrives after its load was cancelled. An error is reported as `unloadFailed`.
   */
  unload?(value: V, key: K): void;
  /** The clock of `stallMs`, in milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined;
  /** Called after each change, when the cache is in order again; errors that it throws are ignored. */
  onEvent?: ((event: CacheEvent<K>) => void) | undefined;
  /** How many accesses `trace` records, so that it cannot grow for ever. Default 1,000,000. */
  readonly traceLimit?: number | undefined;
}
