// Integers of several bytes, at any address.

/** The 16 bits at `at`. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

/** The 32 bits at `at`, as a number from 0 on. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) | (readUint16(bytes, at + 2) << 16)) >>> 0;
}
