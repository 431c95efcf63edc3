// An entry that is being loaded, and the calls that wait for the entry: accesses, and the prefetch that began the load.
// Room in the cache is not known here. Each waiting call ends exactly once: by a lease, an error or its own signal.
import type { Lease, LoadOrigin, PrefetchResult } from './types.ts';

interface WaitOptions {
  readonly signal: AbortSignal | undefined;
  /** The signal was aborted; the waiting call has already been rejected. */
  onAbort(reason: unknown): void;
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** An entry that was asked for and is not present. */
export interface PendingLoad<K, V> {
  readonly key: K;
  readonly bytes: number;
  readonly origin: LoadOrigin;
  readonly controller: AbortController;
  /** Accesses that wait. */
  readonly waiters: ReadonlySet<unknown>;
  /** False while the load waits for room. */
  isLoading: boolean;
  isCancelled: boolean;
  /** Whether an access waits for the entry, or its prefetch was not aborted. */
  isWanted(): boolean;
  wait(options: WaitOptions & { onDone(): void }): Promise<Lease<V>>;
  prefetch(options: WaitOptions): Promise<PrefetchResult>;
  /** The entry has arrived: gives each access a lease. */
  grantAll(lease: () => Lease<V>): void;
  rejectAll(reason: unknown): void;
}

/** A pending load that has not begun and that no call waits for yet. */
export function createPendingLoad<K, V>(key: K, bytes: number, origin: LoadOrigin): PendingLoad<K, V> {
  const waiters = new Set<Waiter<Lease<V>>>();
  const prefetches = new Set<Waiter<PrefetchResult>>();

  function join<T>(among: Set<Waiter<T>>, { signal, onAbort }: WaitOptions, onDone?: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        among.delete(waiter);
        signal?.removeEventListener('abort', abort);
        onDone?.();
      };
      const waiter: Waiter<T> = {
        resolve(value) {
          leave();
          resolve(value);
        },
        reject(reason) {
          leave();
          reject(reason);
        },
      };
      const abort = (): void => {
        waiter.reject(signal?.reason);
        onAbort(signal?.reason);
      };
      among.add(waiter);
      signal?.addEventListener('abort', abort);
    });
  }

  return {
    key,
    bytes,
    origin,
    controller: new AbortController(),
    waiters,
    isLoading: false,
    isCancelled: false,
    isWanted: () => waiters.size > 0 || prefetches.size > 0,
    wait: ({ onDone, ...options }) => join(waiters, options, onDone),
    prefetch: (options) => join(prefetches, options),
    grantAll(lease) {
      for (const waiter of waiters) waiter.resolve(lease());
      for (const prefetch of prefetches) prefetch.resolve('loaded');
    },
    rejectAll(reason) {
      for (const waiter of waiters) waiter.reject(reason);
      for (const prefetch of prefetches) prefetch.reject(reason);
    },
  };
}
