// Rounding as ggml's K formats do it, so that encoded blocks are the same to the bit.

/** Added to a float32 of less than 2^22, it leaves no bits for a fraction. */
const noFraction = 1.5 * 2 ** 23;

/** The integer nearest to a float32 of less than 2^22, ties to even. */
export function nearestInteger(value: number): number {
  return Math.fround(value + noFraction) - noFraction;
}

/** The same, kept to `least` and `most`. */
export function nearestWithin(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, nearestInteger(value)));
}
