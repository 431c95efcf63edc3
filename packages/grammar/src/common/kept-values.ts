// Computed values within a number of bytes; the least recently used values are dropped first.

/** A value that is kept, until it is dropped. */
export interface Kept<Value> {
  readonly value: Value;
  /** Bytes of memory that the value stands for. */
  bytes: number;
}

/** Values by key. */
export interface KeptValues<Key, Value> {
  /** Bytes of all values. */
  readonly bytes: number;
  /** The value of a key, which is made if it is not there. */
  get(key: Key, make: () => { readonly value: Value; readonly bytes: number }): Kept<Value>;
  /** Adds bytes to a value, even if it was dropped meanwhile. */
  grow(kept: Kept<Value>, bytes: number): void;
}

/** A store without values. One value is kept even if it alone is larger than `mostBytes`. */
export function createKeptValues<Key, Value>(mostBytes: number): KeptValues<Key, Value> {
  const all = new Map<Key, Kept<Value>>();
  let bytes = 0;

  function dropOldest(): void {
    for (const [key, kept] of all) {
      if (bytes <= mostBytes || all.size === 1) return;
      all.delete(key);
      bytes -= kept.bytes;
      kept.bytes = Number.NaN;
    }
  }

  return {
    get bytes() {
      return bytes;
    },
    get(key, make) {
      const known = all.get(key);
      if (known !== undefined) {
        all.delete(key);
        all.set(key, known);
        return known;
      }
      const kept: Kept<Value> = { ...make() };
      all.set(key, kept);
      bytes += kept.bytes;
      dropOldest();
      return kept;
    },
    grow(kept, added) {
      // A dropped value counts for nothing.
      if (Number.isNaN(kept.bytes)) return;
      kept.bytes += added;
      bytes += added;
      dropOldest();
    },
  };
}
