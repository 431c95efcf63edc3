// The greatest and the least of many numbers.

/** The greatest of some numbers, which is at least 0. */
export function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

/** The least of some numbers; `Infinity` without a number. */
export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}
