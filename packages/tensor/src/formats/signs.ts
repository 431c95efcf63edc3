// Magnitudes and separate signs, as stored by IQ2 and IQ3.

/** The signs of 8 values, one bit each. The number of negative values is even, so 7 bits are enough. ggml: ksigns_iq2xs. */
export function evenSigns(lowBits: number): number {
  let parity = lowBits ^ (lowBits >> 4);
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return lowBits | ((parity & 1) << 7);
}

/** Writes `scale` times each of the `count` magnitudes from `from` on to `out`. A set bit of `signs` makes a value negative. */
export function writeSigned(
  out: Float32Array,
  start: number,
  scale: number,
  magnitudes: Int8Array,
  from: number,
  count: number,
  signs: number,
): void {
  for (let j = 0; j < count; j++) {
    // Signs are practically random, so a branch would be mispredicted half the time.
    out[start + j] = scale * (magnitudes[from + j] * (1 - ((signs >> j) & 1) * 2));
  }
}
