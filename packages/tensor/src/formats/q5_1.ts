// Q5_1: 32 values; half scale d, half minimum m, 4 bytes of fifth bits, 16 bytes of two 4-bit numbers. Value = d q + m.
// Source: ggml-common.h, block_q5_1.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** 5 bits, scale and minimum for 32 values; bits lie as in Q5_0. */
export const q5_1 = blockFormat('Q5_1', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const m = readHalf(blocks, at + 2);
    for (let j = 0; j < 32; j++) {
      const low = (blocks[at + 8 + (j & 15)] >> (j & 16 ? 4 : 0)) & 0xf;
      const high = (blocks[at + 4 + (j >> 3)] >> (j & 7)) & 1;
      out[start + j] = d * (low | (high << 4)) + m;
    }
  },
});
