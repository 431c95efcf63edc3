// Leases that cannot be forgotten: a scope owns each lease from the moment that it is asked for, and releases all leases when
// the scope ends. Decision 21.
import type { Lease } from '@rondo/cache';

/** Entries that were acquired together. */
export interface Hold<V> {
  readonly values: readonly V[];
  /**
   * Releases the entries before the scope ends. Idempotent. Without this call, the entries take room until the scope ends and
   * releases them.
   */
  release(): void;
}

/** The leases of one task. */
export interface LeaseScope<K, V> {
  /** Aborted by the caller's signal, by `abort`, by the first failure of `hold`, and by the end. */
  readonly signal: AbortSignal;
  /**
   * Acquires entries, all at the same time.
   *
   * @throws what an acquisition throws; the signal's reason
   */
  hold(keys: readonly K[]): Promise<Hold<V>>;
  /** Stops further acquisitions. Held entries stay, since they may be in use. */
  abort(reason: unknown): void;
  /** Ends the scope: held leases are released now, pending leases when they arrive. Idempotent. */
  end(reason: unknown): void;
  /** Resolves when no acquisition is pending. */
  settled(): Promise<void>;
}

/** A scope without leases. An abort of `outer` aborts the scope. */
export function createLeaseScope<K, V>(
  acquire: (key: K, signal: AbortSignal) => Promise<Lease<V>>,
  outer: AbortSignal | undefined,
): LeaseScope<K, V> {
  const controller = new AbortController();
  const { signal } = controller;
  const held = new Set<Lease<V>>();
  const asked = new Set<Promise<unknown>>();

  function giveBack(leases: Iterable<Lease<V>>): void {
    for (const lease of leases) {
      held.delete(lease);
      lease.release();
    }
  }

  const abort = (reason: unknown) => controller.abort(reason);
  const onOuterAbort = () => abort(outer?.reason);

  async function lease(key: K): Promise<Lease<V>> {
    const arrived = await acquire(key, signal);
    if (signal.aborted) arrived.release();
    else held.add(arrived);
    return arrived;
  }

  async function all(keys: readonly K[]): Promise<Hold<V>> {
    const leases = await Promise.all(
      keys.map((key) => {
        const asking = lease(key);
        asked.add(asking);
        // The caller gets a failure from `asking` itself.
        asking.finally(() => asked.delete(asking)).catch(() => {});
        return asking;
      }),
    );
    signal.throwIfAborted();
    return { values: leases.map(({ value }) => value), release: () => giveBack(leases) };
  }

  outer?.addEventListener('abort', onOuterAbort);
  if (outer?.aborted) onOuterAbort();
  return {
    signal,
    async hold(keys) {
      signal.throwIfAborted();
      try {
        return await all(keys);
      } catch (error) {
        abort(error);
        throw error;
      }
    },
    abort,
    end(reason) {
      outer?.removeEventListener('abort', onOuterAbort);
      abort(reason);
      giveBack(held);
    },
    async settled() {
      await Promise.allSettled(asked);
    },
  };
}
