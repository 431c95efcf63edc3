// Q6_K: 256 values in 16 groups; 128 bytes of two 4-bit numbers, 64 bytes of four 2-bit ones, 16 signed byte scales,
// half d. Value = d scale (q - 32). Source: ggml-common.h, block_q6_K.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';
import { readInt8 } from './signed-byte.ts';

/** 6 bits, one scale for 16 values. */
export const q6_k = blockFormat('Q6_K', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at + 208);
    for (let group = 0; group < 16; group++) {
      const scale = d * readInt8(blocks, at + 192 + group);
      // Eight groups make up 128 values: 64 bytes of low bits in two layers, 32 bytes of high bits in four.
      const low = at + (group >> 3) * 64 + (group & 3) * 16;
      const lowShift = group & 4;
      const high = at + 128 + (group >> 3) * 32 + (group & 1) * 16;
      const highShift = group & 6;
      for (let j = 0; j < 16; j++) {
        const q = ((blocks[low + j] >> lowShift) & 0xf) | (((blocks[high + j] >> highShift) & 3) << 4);
        out[start + group * 16 + j] = scale * (q - 32);
      }
    }
  },
});
