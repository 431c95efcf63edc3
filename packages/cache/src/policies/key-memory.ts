// Remembers a record of each of the most recently used keys. Keys are forgotten rarely and many at a time: deleting the
// first key of a large Map again and again is slow, because the iterator walks over all deleted keys.

/** The record of a key, and when the key was last used. */
export interface Remembered {
  at: number;
}

/** The records of the most recently used keys. */
export interface KeyMemory<K, V extends Remembered> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

/**
 * Remembers at least the `limit / 2` most recently used keys, and never more than `limit`. O(1) per operation, amortized.
 */
export function keyMemory<K, V extends Remembered>(limit: number): KeyMemory<K, V> {
  const values = new Map<K, V>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      if (values.size <= limit) return;
      const times = Float64Array.from(values.values(), ({ at }) => at).sort();
      const middle = times[times.length >> 1] ?? Infinity;
      for (const [old, { at }] of values) if (at < middle) values.delete(old);
    },
  };
}
