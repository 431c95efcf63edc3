// Bytes as two's complement, which `Uint8Array` does not give.

/** The byte at `at` as a number from -128 to 127. */
export function readInt8(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) >> 24;
}
