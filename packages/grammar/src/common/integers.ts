// A list of integers that grows.

/** A list of 32-bit integers that grows. */
export interface Integers {
  readonly length: number;
  push(value: number): void;
  at(index: number): number;
  /** Adds the elements from `start` up to `end`, excluded. */
  pushPart(values: Int32Array, start: number, end: number): void;
  toArray(): Int32Array;
}

/** An empty list. */
export function createIntegers(): Integers {
  let values = new Int32Array(16);
  let length = 0;
  function reserve(more: number): void {
    if (length + more <= values.length) return;
    const larger = new Int32Array(Math.max(2 * values.length, length + more));
    larger.set(values.subarray(0, length));
    values = larger;
  }
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === values.length) reserve(1);
      values[length++] = value;
    },
    at(index) {
      return values[index];
    },
    pushPart(part, start, end) {
      reserve(end - start);
      values.set(part.subarray(start, end), length);
      length += end - start;
    },
    toArray() {
      return values.slice(0, length);
    },
  };
}
