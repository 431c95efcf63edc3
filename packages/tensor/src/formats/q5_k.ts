// Q5_K: 256 values in 8 groups; float16 d, float16 dmin, 12 bytes of 6-bit scales and minima, 32 bytes of fifth bits, 128
// bytes of two 4-bit numbers. Value = d · scale · q - dmin · minimum. Source: ggml-common.h, block_q5_K.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';
import { encodeGroups } from './k-groups.ts';
import { readMinimum, readScale } from './k-scales.ts';

/** 5 bits, scale and minimum for 32 values. Low bits are as in Q4_K. Bit g of byte j is the fifth bit of value j of group g. */
export const q5_k = blockFormat('Q5_K', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const dmin = readHalf(blocks, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * readScale(blocks, at + 4, group);
      const minimum = dmin * readMinimum(blocks, at + 4, group);
      const bytes = at + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) {
        const fifth = (blocks[at + 16 + j] >> group) & 1;
        const q = ((blocks[bytes + j] >> shift) & 0xf) | (fifth << 4);
        out[start + group * 32 + j] = scale * q - minimum;
      }
    }
  },
  encode(values, start, blocks, at) {
    const numbers = encodeGroups(values, start, blocks, at, { most: 31, firstTry: -0.5, tries: 16 });
    blocks.fill(0, at + 16, at + 48);
    for (let i = 0; i < 256; i++) blocks[at + 16 + (i & 31)] |= (numbers[i] >> 4) << (i >> 5);
    for (let i = 0; i < 128; i++) {
      const even = (i >> 5) * 64 + (i & 31);
      blocks[at + 48 + i] = (numbers[even] & 0xf) | ((numbers[even + 32] & 0xf) << 4);
    }
  },
});
