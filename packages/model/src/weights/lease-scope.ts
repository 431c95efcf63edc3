// Leases that cannot be forgotten: a scope owns each lease from the moment that somebody asks for it, and gives all of them
// back when it ends. Decision 21.
import type { Lease } from '@rondo/cache';

/** Entries that came in together. */
export interface Hold<V> {
  readonly values: readonly V[];
  /** Gives the entries back before the scope ends. Idempotent; forgetting it costs room, no lease. */
  release(): void;
}

/** The leases of one task. */
export interface LeaseScope<K, V> {
  /** Aborted by the caller's signal, by `abort`, by the first failure of `hold`, and by the end. */
  readonly signal: AbortSignal;
  /**
   * Brings entries in, all at once.
   *
   * @throws what an acquisition throws; the signal's reason
   */
  hold(keys: readonly K[]): Promise<Hold<V>>;
  /** Nothing more comes in; what is held stays, since it may be in use. */
  abort(reason: unknown): void;
  /** Ends the scope: all leases are given back now, those that are still on their way when they arrive. Idempotent. */
  end(reason: unknown): void;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
}

/** A scope without leases; an abort of `outer` ends it. */
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
        // Its failure is its caller's.
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
