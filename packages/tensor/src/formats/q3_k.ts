// Q3_K: 256 values in 16 groups; 32 bytes of third bits, 64 bytes of four 2-bit numbers, 12 bytes of 6-bit scales,
// float16 d. Value = d · (scale - 32) · (q - 4). Source: ggml-common.h, block_q3_K.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';

/** 3 bits, one scale for 16 values. */
export const q3_k = blockFormat('Q3_K', {
  decode(blocks, at, out, start) {
    const scales = at + 96;
    const d = readHalf(blocks, at + 108);
    for (let group = 0; group < 16; group++) {
      const low = (blocks[scales + (group & 7)] >> (group & 8 ? 4 : 0)) & 0xf;
      const high = (blocks[scales + 8 + (group & 3)] >> ((group >> 2) * 2)) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const column = (group & 1) * 16;
      const bytes = at + 32 + (group >> 3) * 32 + column;
      const shift = group & 6;
      const thirdBit = group >> 1;
      for (let j = 0; j < 16; j++) {
        const third = (blocks[at + column + j] >> thirdBit) & 1;
        out[start + group * 16 + j] = scale * (((blocks[bytes + j] >> shift) & 3) + third * 4 - 4);
      }
    }
  },
});
