// Remembers something about the keys used most recently. Forgetting is done seldom and for many keys at once, because
// taking the first key off a large Map again and again is slow: its iterator walks over everything deleted.

/** What is remembered of a key, and when it was last used. */
export interface Remembered {
  at: number;
}

/** What is remembered of the keys used last. */
export interface KeyMemory<K, V extends Remembered> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

/** Remembers at least the `limit / 2` keys used last, and never more than `limit`. O(1) per operation, amortized. */
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
