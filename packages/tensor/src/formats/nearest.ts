// The rounding of ggml's K formats. With it, encoded blocks have the same bits as ggml's.

/** A float32 below 2^22 plus this number, rounded to float32, has no bits for a fraction. */
const noFraction = 1.5 * 2 ** 23;

/** The integer nearest to a float32 of less than 2^22, ties to even. */
export function nearestInteger(value: number): number {
  return Math.fround(value + noFraction) - noFraction;
}

/** The nearest integer, limited to the range from `least` to `most`. */
export function nearestWithin(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, nearestInteger(value)));
}
