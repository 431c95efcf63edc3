// Bytes of a `Uint8Array` read as two's complement.

/** The byte at `at` as a number from -128 to 127. */
export function readInt8(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) >> 24;
}
