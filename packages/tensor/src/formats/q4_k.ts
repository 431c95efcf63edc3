// Q4_K: 256 values in 8 groups; float16 d, float16 dmin, 12 bytes of 6-bit scales and minima, 128 bytes of two 4-bit numbers.
// Value = d · scale · q - dmin · minimum. Source: ggml-common.h, block_q4_K.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';
import { encodeGroups } from './k-groups.ts';
import { readMinimum, readScale } from './k-scales.ts';

/** 4 bits, scale and minimum for 32 values. 32 bytes hold an even group (low bits) and the odd group after it (high bits). */
export const q4_k = blockFormat('Q4_K', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const dmin = readHalf(blocks, at + 2);
    for (let group = 0; group < 8; group++) {
      const scale = d * readScale(blocks, at + 4, group);
      const minimum = dmin * readMinimum(blocks, at + 4, group);
      const bytes = at + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let j = 0; j < 32; j++) {
        out[start + group * 32 + j] = scale * ((blocks[bytes + j] >> shift) & 0xf) - minimum;
      }
    }
  },
  encode(values, start, blocks, at) {
    const numbers = encodeGroups(values, start, blocks, at, { most: 15, firstTry: -1, tries: 21 });
    for (let i = 0; i < 128; i++) {
      const even = (i >> 5) * 64 + (i & 31);
      blocks[at + 16 + i] = numbers[even] | (numbers[even + 32] << 4);
    }
  },
});
