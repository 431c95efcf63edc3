// The cache itself: which entries are present, which calls wait, and the room for both. The cache decides when an entry
// is evicted; its policy decides which entry.
//
// Every change updates the cache's own records first, and then calls foreign code (load, unload, onEvent, the callers'
// promises). So foreign code that calls the cache finds a consistent state.
import { checkRuntime } from '@rondo/errors';
import { budgetTooSmall, checkBudget, checkSize, closedError } from './checks.ts';
import { createCounters } from './counters.ts';
import type { CacheEvent, CacheOptions } from './options.ts';
import { guardPolicy } from './guard-policy.ts';
import { createPendingLoad, type PendingLoad } from './pending-load.ts';
import { createResidents, type Resident } from './residents.ts';
import type { Cache, Lease } from './types.ts';

/**
 * A cache that never holds more than `budgetBytes`: room is reserved, by evicting entries, before a load begins.
 *
 * - Each access is counted when it comes, as a hit, a late hit or a miss: `hits + lateHits + misses === accesses` at
 *   every instant. An access that is aborted or fails later stays counted. A call that is refused at once is no access:
 *   after `dispose`, with a signal already aborted, or for an entry larger than the budget.
 * - An access waits for room if everything else is leased or loading. The oldest access is served first. An access that
 *   does not fit yet does not delay later, smaller accesses, because it may wait for the leases of these accesses. A
 *   caller that holds leases while it waits can wait for ever, and should pass a signal.
 * - A prefetch never waits, and never evicts an entry that is leased, kept, or prefetched and still expected. An access
 *   prefers other victims to prefetched entries, and cancels prefetches in flight if nothing else makes room.
 * - A failed load is forgotten; every call that waited for it gets its error.
 * - While `resize` waits for leases, the budget in force, as `stats` reports it, is the number of bytes still held.
 *
 * - A policy that throws fails all later accesses, with `BAD_ARGUMENT` and the policy's name; leases can still be
 *   released.
 *
 * @throws RondoError `BAD_ARGUMENT` unless the budget is a whole number of at least 1 byte, or if `policy` is no policy
 */
export function createCache<K, V>(options: CacheOptions<K, V>): Cache<K, V> {
  checkRuntime();
  const now = options.now ?? (() => performance.now());
  const counters = createCounters<K>(now, options.traceLimit ?? 1_000_000);

  const guarded = guardPolicy(options.policy);
  const residents = createResidents<K, V>(guarded.policy, settle);
  /** Absent entries that a call has requested: they are loading, or wait for room. Cancelled loads are not included. */
  const pending = new Map<K, PendingLoad<K, V>>();
  const waitingForRoom = new Set<PendingLoad<K, V>>();

  let budgetBytes = checkBudget(options.budgetBytes);
  /** Bytes reserved for loads, including cancelled loads that have not settled yet. */
  let loadingBytes = 0;
  let cancelledBytes = 0;
  let runningLoads = 0;
  let resizing: (() => void)[] = [];
  let idling: (() => void)[] = [];
  let disposed: { readonly promise: Promise<void>; resolve(): void } | undefined;

  function heldBytes(): number {
    return residents.bytes + loadingBytes;
  }

  function emit(event: CacheEvent<K>): void {
    try {
      options.onEvent?.(event);
    } catch {
      // An error of an observer must not disturb the cache.
    }
  }

  function unload(key: K, value: V): void {
    try {
      options.unload?.(value, key);
    } catch (error) {
      emit({ type: 'unloadFailed', key, error });
    }
  }

  /** Unloads evicted entries, after their room was reserved for the entry that needed it. */
  function discard(evicted: readonly Resident<K, V>[]): void {
    counters.evicted(evicted.length);
    for (const { key, bytes, value } of evicted) {
      unload(key, value);
      emit({ type: 'evicted', key, bytes });
    }
  }

  function begin(entry: PendingLoad<K, V>, evicted: readonly Resident<K, V>[]): void {
    const { key, bytes, origin, controller } = entry;
    waitingForRoom.delete(entry);
    entry.isLoading = true;
    runningLoads += 1;
    loadingBytes += bytes;
    counters.holds(heldBytes());
    discard(evicted);
    emit({ type: 'load', key, bytes, origin });
    new Promise<V>((resolve) => {
      controller.signal.throwIfAborted();
      resolve(options.load(key, controller.signal));
    }).then(
      (value) => finish(entry, value),
      (error: unknown) => fail(entry, error),
    );
  }

  function finish(entry: PendingLoad<K, V>, value: V): void {
    const { key, bytes, origin } = entry;
    counters.loaded(bytes);
    ended(entry);
    if (entry.isCancelled) unload(key, value);
    else {
      const lease = residents.add(key, bytes, value, origin);
      if (guarded.failure) entry.rejectAll(guarded.failure);
      else entry.grantAll(lease);
      emit({ type: 'loaded', key, bytes, origin });
    }
    settle();
  }

  function fail(entry: PendingLoad<K, V>, error: unknown): void {
    ended(entry);
    if (!entry.isCancelled) {
      entry.rejectAll(error);
      emit({ type: 'failed', key: entry.key, error });
    }
    settle();
  }

  function ended(entry: PendingLoad<K, V>): void {
    runningLoads -= 1;
    loadingBytes -= entry.bytes;
    if (entry.isCancelled) cancelledBytes -= entry.bytes;
    else pending.delete(entry.key);
  }

  /** The bytes of a cancelled load stay reserved until the loader has settled. */
  function cancel(entry: PendingLoad<K, V>, reason: unknown): void {
    if (entry.isCancelled) return;
    const { key, bytes, origin } = entry;
    pending.delete(key);
    waitingForRoom.delete(entry);
    entry.isCancelled = true;
    if (!entry.isLoading) return;
    cancelledBytes += bytes;
    entry.controller.abort(reason);
    emit({ type: 'cancelled', key, bytes, origin });
  }

  /** Cancels prefetches in flight that no access waits for, latest first, until the cancelled loads hold `bytes` bytes. */
  function cancelPrefetches(bytes: number): void {
    let wanted = bytes;
    for (const entry of loneLoads().toReversed()) {
      if (wanted <= 0) return;
      if (entry.waiters.size > 0) continue;
      wanted -= entry.bytes;
      const reason = new DOMException('The room of this prefetch was needed otherwise.', 'AbortError');
      cancel(entry, reason);
      entry.rejectAll(reason);
    }
  }

  function loneLoads(): PendingLoad<K, V>[] {
    return [...pending.values()].filter((entry) => entry.isLoading && entry.waiters.size === 0);
  }

  /** Begins the load of `entry` if there is room or room can be made; otherwise `entry` waits for room. */
  function beginOrWait(entry: PendingLoad<K, V>): void {
    const missingBytes = entry.bytes + heldBytes() - budgetBytes;
    if (missingBytes <= residents.idleBytes) {
      begin(entry, residents.take(missingBytes));
      return;
    }
    waitingForRoom.add(entry);
    const toCancelBytes = missingBytes - residents.idleBytes - cancelledBytes;
    const cancellableBytes = loneLoads().reduce((sum, { bytes }) => sum + bytes, 0);
    if (toCancelBytes > 0 && toCancelBytes <= cancellableBytes) cancelPrefetches(toCancelBytes);
  }

  /** Runs after any change that may have made room: shrinks to the budget, then serves waiting loads. */
  function settle(): void {
    if (disposed !== undefined) {
      discard(residents.takeIdle());
      if (residents.size === 0 && runningLoads === 0) disposed.resolve();
    } else if (heldBytes() > budgetBytes) {
      discard(residents.take(heldBytes() - budgetBytes));
      cancelPrefetches(heldBytes() - cancelledBytes - budgetBytes);
    }
    if (heldBytes() <= budgetBytes) {
      const resized = resizing;
      resizing = [];
      for (const resolve of resized) resolve();
    }
    for (const entry of waitingForRoom) beginOrWait(entry);
    if (idling.length > 0 && !isDemanded()) {
      const idle = idling;
      idling = [];
      for (const resolve of idle) resolve();
    }
  }

  /** Bytes of the `keys` that are neither present nor being loaded. */
  function absentBytes(keys: Iterable<K>): number {
    let bytes = 0;
    for (const key of new Set(keys)) {
      if (residents.get(key) === undefined && !pending.has(key)) bytes += checkSize(options.sizeOf(key), key);
    }
    return bytes;
  }

  function isDemanded(): boolean {
    for (const { origin } of pending.values()) if (origin === 'demand') return true;
    return false;
  }

  function wait(entry: PendingLoad<K, V>, signal: AbortSignal | undefined): Promise<Lease<V>> {
    const sinceMs = now();
    return entry.wait({
      signal,
      onDone: () => counters.waited(sinceMs),
      onAbort(reason) {
        if (!entry.isWanted()) cancel(entry, reason);
        settle();
      },
    });
  }

  function assertOpen(): void {
    if (disposed !== undefined) throw closedError();
    if (guarded.failure) throw guarded.failure;
  }

  return {
    async acquire(key, { signal } = {}) {
      assertOpen();
      signal?.throwIfAborted();
      const leased = residents.lease(key);
      if (leased !== undefined) {
        counters.accessed(key, 'hit');
        emit({ type: 'hit', key });
        return leased;
      }
      const onItsWay = pending.get(key);
      if (onItsWay !== undefined) {
        counters.accessed(key, 'lateHit');
        const waiting = wait(onItsWay, signal);
        emit({ type: 'lateHit', key });
        return waiting;
      }
      const bytes = checkSize(options.sizeOf(key), key);
      if (bytes > budgetBytes) throw budgetTooSmall(key, bytes, budgetBytes);
      counters.accessed(key, 'miss');
      const entry = createPendingLoad<K, V>(key, bytes, 'demand');
      pending.set(key, entry);
      const waiting = wait(entry, signal);
      emit({ type: 'miss', key });
      if (!entry.isCancelled) beginOrWait(entry);
      return waiting;
    },

    async prefetch(key, { signal, keep, leaveRoomFor = [] } = {}) {
      assertOpen();
      signal?.throwIfAborted();
      if (residents.get(key) !== undefined || pending.has(key)) return 'present';
      const bytes = checkSize(options.sizeOf(key), key);
      const missingBytes = bytes + absentBytes(leaveRoomFor) + heldBytes() - budgetBytes;
      // Room that an access waits for is not available to a prefetch.
      const evicted = waitingForRoom.size === 0 ? residents.takeForPrefetch(missingBytes, keep) : undefined;
      if (evicted === undefined) {
        emit({ type: 'refused', key });
        return 'refused';
      }
      const entry = createPendingLoad<K, V>(key, bytes, 'prefetch');
      pending.set(key, entry);
      counters.prefetched();
      const result = entry.prefetch({
        signal,
        onAbort(reason) {
          if (!entry.isWanted()) cancel(entry, reason);
        },
      });
      begin(entry, evicted);
      return result;
    },

    has: (key) => residents.get(key) !== undefined,

    idle() {
      if (!isDemanded()) return Promise.resolve();
      return new Promise((resolve) => {
        idling.push(resolve);
      });
    },

    async resize(newBudgetBytes) {
      assertOpen();
      budgetBytes = checkBudget(newBudgetBytes);
      for (const entry of waitingForRoom) {
        if (entry.bytes <= budgetBytes) continue;
        cancel(entry, undefined);
        entry.rejectAll(budgetTooSmall(entry.key, entry.bytes, budgetBytes));
      }
      const fits = new Promise<void>((resolve) => {
        resizing.push(resolve);
      });
      settle();
      return fits;
    },

    clear() {
      cancelPrefetches(Infinity);
      discard(residents.takeIdle());
      settle();
    },

    get stats() {
      return counters.snapshot({
        bytes: heldBytes(),
        budgetBytes: Math.max(budgetBytes, heldBytes()),
        entries: residents.size,
        leases: residents.leases,
      });
    },

    get trace() {
      return counters.trace;
    },

    resetStats() {
      counters.reset(heldBytes());
    },

    dispose() {
      if (disposed === undefined) {
        disposed = Promise.withResolvers<void>();
        const error = closedError();
        for (const entry of pending.values()) {
          cancel(entry, error);
          entry.rejectAll(error);
        }
        settle();
      }
      return disposed.promise;
    },
  };
}
