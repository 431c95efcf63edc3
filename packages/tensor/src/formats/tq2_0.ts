// TQ2_0: 256 ternary values; 64 bytes of four 2-bit numbers, float16 scale d. Value = d · (q - 1). Source: ggml-common.h.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** 2 bits, one scale for 256 values. 32 bytes hold 128 values: bits 2i and 2i + 1 of byte j hold value 32i + j. */
export const tq2_0 = blockFormat('TQ2_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at + 64);
    for (let i = 0; i < 256; i++) {
      const byte = blocks[at + (i >> 7) * 32 + (i & 31)];
      out[start + i] = d * (((byte >> (((i >> 5) & 3) * 2)) & 3) - 1);
    }
  },
});
