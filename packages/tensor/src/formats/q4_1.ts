// Q4_1: 32 values; float16 scale d, float16 minimum m, 16 bytes of two 4-bit numbers. Value = d · q + m. Source: ggml-common.h.
import { blockFormat } from './block-format.ts';
import { stepsBetween } from './even-steps.ts';
import { readHalf, writeHalf } from './half.ts';

/** 4 bits, scale and minimum for 32 values. Byte j holds value j (low bits) and value j + 16 (high bits). */
export const q4_1 = blockFormat('Q4_1', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const m = readHalf(blocks, at + 2);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 4 + j];
      out[start + j] = d * (byte & 0xf) + m;
      out[start + 16 + j] = d * (byte >> 4) + m;
    }
  },
  encode(values, start, blocks, at) {
    const { least, step, number } = stepsBetween(values, start, 15);
    writeHalf(blocks, at, step);
    writeHalf(blocks, at + 2, least);
    for (let j = 0; j < 16; j++) {
      blocks[at + 4 + j] = number(values[start + j]) | (number(values[start + 16 + j]) << 4);
    }
  },
});
