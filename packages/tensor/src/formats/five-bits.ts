// How Q5_0 and Q5_1 store 32 five-bit numbers: 4 bytes of fifth bits, bit i that of number i; then 16 bytes, of which byte j
// has the low bits of the numbers j and j + 16. Source: ggml-common.h, block_q5_0.

/** Adds number `i` to those that begin at `at`, which were zeros before. */
export function addFiveBits(bytes: Uint8Array, at: number, i: number, number: number): void {
  bytes[at + 4 + (i & 15)] |= (number & 0xf) << (i & 16 ? 4 : 0);
  bytes[at + (i >> 3)] |= (number >> 4) << (i & 7);
}
