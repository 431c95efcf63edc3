// Q5_0: 32 values; half scale d, 4 bytes of fifth bits, 16 bytes of two 4-bit numbers. Value = d (q - 16).
// Source: ggml-common.h, block_q5_0.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** 5 bits, one scale for 32 values. Byte j holds the low bits of values j and j + 16; bit i the fifth of value i. */
export const q5_0 = blockFormat('Q5_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let j = 0; j < 32; j++) {
      const low = (blocks[at + 6 + (j & 15)] >> (j & 16 ? 4 : 0)) & 0xf;
      const high = (blocks[at + 2 + (j >> 3)] >> (j & 7)) & 1;
      out[start + j] = d * ((low | (high << 4)) - 16);
    }
  },
});
