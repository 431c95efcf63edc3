// The storage of 32 five-bit numbers in Q5_0 and Q5_1: 4 bytes of fifth bits, in which bit i belongs to number i; then 16
// bytes, in which byte j has the low bits of the numbers j and j + 16. Source: ggml-common.h, block_q5_0.

/** Stores `number` at index `i` of the 32 numbers whose bytes begin at `at`. The bits at index `i` must be 0 before. */
export function addFiveBits(bytes: Uint8Array, at: number, i: number, number: number): void {
  bytes[at + 4 + (i & 15)] |= (number & 0xf) << (i & 16 ? 4 : 0);
  bytes[at + (i >> 3)] |= (number >> 4) << (i & 7);
}
