// A list of 32-bit integers that grows.

/** A list of 32-bit integers that grows. */
export interface GrowingIntegers {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
  set(index: number, value: number): void;
  /** The integers, in an array of exactly their number. */
  toArray(): Int32Array;
}

/** An empty list. */
export function growingIntegers(): GrowingIntegers {
  let values = new Int32Array(64);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === values.length) {
        const larger = new Int32Array(2 * length);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    at(index) {
      return values[index] ?? 0;
    },
    set(index, value) {
      values[index] = value;
    },
    toArray() {
      return values.slice(0, length);
    },
  };
}
