// Q5_1: 32 values; float16 scale d, float16 minimum m, 20 bytes of 5-bit numbers. Value = d · q + m. Source: ggml-common.h,
// block_q5_1.
import { blockFormat } from './block-format.ts';
import { stepsBetween } from './even-steps.ts';
import { addFiveBits } from './five-bits.ts';
import { readHalf, writeHalf } from './half.ts';
import { readUint32 } from './little-endian.ts';

/** 5 bits, scale and minimum for 32 values. */
export const q5_1 = blockFormat('Q5_1', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const m = readHalf(blocks, at + 2);
    const fifths = readUint32(blocks, at + 4);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 8 + j];
      out[start + j] = d * ((byte & 0xf) | (((fifths >> j) & 1) << 4)) + m;
      out[start + 16 + j] = d * ((byte >> 4) | (((fifths >> (j + 16)) & 1) << 4)) + m;
    }
  },
  encode(values, start, blocks, at) {
    const { least, step, number } = stepsBetween(values, start, 31);
    writeHalf(blocks, at, step);
    writeHalf(blocks, at + 2, least);
    blocks.fill(0, at + 4, at + 24);
    for (let j = 0; j < 32; j++) addFiveBits(blocks, at + 4, j, number(values[start + j]));
  },
});
