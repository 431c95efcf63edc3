// Q2_K: 256 values in 16 groups; 16 bytes of 4-bit scale and minimum, 64 bytes of four 2-bit numbers, float16 d and float16
// dmin. Value = d · scale · q - dmin · minimum. Source: ggml-common.h, block_q2_K.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** 2 bits, scale and minimum for 16 values. */
export const q2_k = blockFormat('Q2_K', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at + 80);
    const dmin = readHalf(blocks, at + 82);
    for (let group = 0; group < 16; group++) {
      const scale = d * (blocks[at + group] & 0xf);
      const minimum = dmin * (blocks[at + group] >> 4);
      // 32 bytes hold 128 values: bits 0 and 1 of the bytes hold the first 32 values, bits 2 and 3 the next 32 values, and so
      // on. A group has 16 of these 32 values.
      const bytes = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
      const shift = group & 6;
      for (let j = 0; j < 16; j++) {
        out[start + group * 16 + j] = scale * ((blocks[bytes + j] >> shift) & 3) - minimum;
      }
    }
  },
});
