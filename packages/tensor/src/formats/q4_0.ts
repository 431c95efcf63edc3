// Q4_0: 32 values; float16 scale d, 16 bytes of two 4-bit numbers. Value = d · (q - 8). Source: ggml-common.h, block_q4_0.
import { blockFormat } from './block-format.ts';
import { stepsAroundZero } from './even-steps.ts';
import { readHalf, writeHalf } from './half.ts';

/** 4 bits, one scale for 32 values. Byte j holds value j (low bits) and value j + 16 (high bits). */
export const q4_0 = blockFormat('Q4_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 2 + j];
      out[start + j] = d * ((byte & 0xf) - 8);
      out[start + 16 + j] = d * ((byte >> 4) - 8);
    }
  },
  encode(values, start, blocks, at) {
    const { step, number } = stepsAroundZero(values, start, 8);
    writeHalf(blocks, at, step);
    for (let j = 0; j < 16; j++) {
      blocks[at + 2 + j] = number(values[start + j]) | (number(values[start + 16 + j]) << 4);
    }
  },
});
