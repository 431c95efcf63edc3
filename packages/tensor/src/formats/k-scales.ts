// The 6-bit scales and minima of Q4_K and Q5_K: 8 of each in 12 bytes. Source: ggml-quants.c, get_scale_min_k4.

/** Scale of group 0 to 7, where the 12 bytes begin at `at`. */
export function readScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group] & 63;
  return (bytes[at + group + 4] & 0xf) | ((bytes[at + group - 4] >> 6) << 4);
}

/** Minimum of group 0 to 7, where the 12 bytes begin at `at`. */
export function readMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4] & 63;
  return (bytes[at + group + 4] >> 4) | ((bytes[at + group] >> 6) << 4);
}

/** Stores the scale and the minimum of a group. Callers must store all 8 groups in ascending order. */
export function writeScaleAndMinimum(
  bytes: Uint8Array,
  at: number,
  group: number,
  scale: number,
  minimum: number,
): void {
  if (group < 4) {
    bytes[at + group] = scale;
    bytes[at + group + 4] = minimum;
  } else {
    bytes[at + group + 4] = (scale & 0xf) | ((minimum & 0xf) << 4);
    bytes[at + group - 4] |= (scale >> 4) << 6;
    bytes[at + group] |= (minimum >> 4) << 6;
  }
}
