// The present entries, and the leases on present entries. The policy proposes which entry to evict; this file decides which
// entries may be evicted at all. Loads are not known here.
import type { CachePolicy, Lease, LoadOrigin } from './types.ts';

/**
 * A prefetched entry that is not used within this many accesses per entry in the cache was a wrong guess, and other
 * prefetches may evict it. Otherwise wrong guesses would fill the cache forever.
 */
const PREFETCH_PATIENCE = 2;

/** A present entry. */
export interface Resident<K, V> {
  readonly key: K;
  readonly bytes: number;
  readonly value: V;
}

/** The present entries. A taken entry no longer counts; the caller that took it still has to unload its value. */
export interface Residents<K, V> {
  readonly size: number;
  readonly bytes: number;
  /** Bytes of entries that are not leased. */
  readonly idleBytes: number;
  /** Number of leases that were given and not released. */
  readonly leases: number;
  get(key: K): Resident<K, V> | undefined;
  /** Adds an entry. Each call of the returned function leases the entry. */
  add(key: K, bytes: number, value: V, origin: LoadOrigin): () => Lease<V>;
  /** Leases the entry `key`; undefined if the entry is absent. */
  lease(key: K): Lease<V> | undefined;
  /** Takes out idle entries until `bytes` bytes are free or no idle entry is left. Expected prefetched entries come last. */
  take(bytes: number): Resident<K, V>[];
  /**
   * Takes out entries until `bytes` bytes are free, without a kept or expected entry. If that is impossible, takes
   * nothing and returns undefined.
   */
  takeForPrefetch(bytes: number, keep: ((key: K) => boolean) | undefined): Resident<K, V>[] | undefined;
  /** Takes out all idle entries. */
  takeIdle(): Resident<K, V>[];
}

interface Entry<K, V> extends Resident<K, V> {
  leases: number;
  /** For a prefetched entry that was not used yet: how many leases had been given when the entry was added. */
  unusedSince: number | undefined;
}

/** Creates an empty list of entries. `onIdle` is called after the last lease of an entry was released. */
export function createResidents<K, V>(policy: CachePolicy<K>, onIdle: () => void): Residents<K, V> {
  const entries = new Map<K, Entry<K, V>>();
  let bytes = 0;
  let idleBytes = 0;
  let leasesGiven = 0;
  let leasesReleased = 0;

  /** Whether a prefetched entry is unused and still expected to be used. */
  function isExpected({ unusedSince }: Entry<K, V>): boolean {
    return unusedSince !== undefined && leasesGiven - unusedSince <= PREFETCH_PATIENCE * entries.size;
  }

  function victim(admits: (entry: Entry<K, V>) => boolean): Entry<K, V> | undefined {
    const isEvictable = (entry: Entry<K, V> | undefined): boolean =>
      entry !== undefined && entry.leases === 0 && admits(entry);
    const key = policy.victim((candidate) => isEvictable(entries.get(candidate)));
    const proposed = key === undefined ? undefined : entries.get(key);
    if (isEvictable(proposed)) return proposed;
    // If the policy names no victim, or a forbidden victim, any evictable entry is taken, so that the budget is kept.
    for (const entry of entries.values()) if (isEvictable(entry)) return entry;
    return undefined;
  }

  function remove(entry: Entry<K, V>): Resident<K, V> {
    entries.delete(entry.key);
    bytes -= entry.bytes;
    idleBytes -= entry.bytes;
    policy.removed(entry.key);
    return entry;
  }

  function leaseOf(entry: Entry<K, V>): Lease<V> {
    if (entry.leases === 0) idleBytes -= entry.bytes;
    entry.leases += 1;
    entry.unusedSince = undefined;
    leasesGiven += 1;
    policy.used(entry.key);
    let released = false;
    return {
      value: entry.value,
      release() {
        if (released) return;
        released = true;
        entry.leases -= 1;
        leasesReleased += 1;
        if (entry.leases > 0) return;
        idleBytes += entry.bytes;
        onIdle();
      },
    };
  }

  return {
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    get idleBytes() {
      return idleBytes;
    },
    get leases() {
      return leasesGiven - leasesReleased;
    },
    get: (key) => entries.get(key),

    add(key, entryBytes, value, origin) {
      const unusedSince = origin === 'prefetch' ? leasesGiven : undefined;
      const entry: Entry<K, V> = { key, bytes: entryBytes, value, leases: 0, unusedSince };
      entries.set(key, entry);
      bytes += entryBytes;
      idleBytes += entryBytes;
      policy.added(key, entryBytes, origin);
      return () => leaseOf(entry);
    },

    lease(key) {
      const entry = entries.get(key);
      return entry === undefined ? undefined : leaseOf(entry);
    },

    take(wantedBytes) {
      const taken: Resident<K, V>[] = [];
      let missingBytes = wantedBytes;
      while (missingBytes > 0 && idleBytes > 0) {
        const next = victim((entry) => !isExpected(entry)) ?? victim(() => true);
        if (next === undefined) break;
        missingBytes -= next.bytes;
        taken.push(remove(next));
      }
      return taken;
    },

    takeForPrefetch(wantedBytes, keep) {
      if (wantedBytes > idleBytes) return undefined;
      const chosen = new Set<Entry<K, V>>();
      let missingBytes = wantedBytes;
      while (missingBytes > 0) {
        const next = victim(
          (entry) => !chosen.has(entry) && !isExpected(entry) && keep?.(entry.key) !== true,
        );
        if (next === undefined) return undefined;
        chosen.add(next);
        missingBytes -= next.bytes;
      }
      return Array.from(chosen, remove);
    },

    takeIdle() {
      return [...entries.values()].filter(({ leases }) => leases === 0).map(remove);
    },
  };
}
