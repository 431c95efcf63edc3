// The entries that are there: leases on them, and which of them leave. Knows nothing of loads; the policy proposes
// victims, but what may leave at all is decided here.
import type { CachePolicy, Lease, LoadOrigin } from './types.ts';

/**
 * A prefetched entry that is not used within this many accesses per entry in the cache was prefetched in error, and
 * other prefetches may push it out: else wrong guesses would fill the cache for good.
 */
const PREFETCH_PATIENCE = 2;

/** An entry that is there. */
export interface Resident<K, V> {
  readonly key: K;
  readonly bytes: number;
  readonly value: V;
}

/** The entries that are there. What is taken has left the books; its value is still to be unloaded by the taker. */
export interface Residents<K, V> {
  readonly size: number;
  readonly bytes: number;
  /** Bytes of what is not leased. */
  readonly idleBytes: number;
  /** Leases that were given and not released. */
  readonly leases: number;
  get(key: K): Resident<K, V> | undefined;
  /** Adds an entry; each call of what it returns leases it. */
  add(key: K, bytes: number, value: V, origin: LoadOrigin): () => Lease<V>;
  /** Undefined when `key` is not there. */
  lease(key: K): Lease<V> | undefined;
  /** Takes out idle entries until `bytes` are free or nothing is idle; expected prefetches last. */
  take(bytes: number): Resident<K, V>[];
  /** Takes out what makes `bytes` free without harm to what is kept or expected; undefined, and nothing, if it cannot. */
  takeForPrefetch(bytes: number, keep: ((key: K) => boolean) | undefined): Resident<K, V>[] | undefined;
  /** Takes out everything idle. */
  takeIdle(): Resident<K, V>[];
}

interface Entry<K, V> extends Resident<K, V> {
  leases: number;
  /** For an entry that came by prefetch and was not used yet: how many leases had been given when it came. */
  unusedSince: number | undefined;
}

/** No entries; `onIdle` is called after the last lease of an entry was released. */
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
    // A policy that names nobody, or somebody it must not, is overruled: the budget does not depend on it.
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
