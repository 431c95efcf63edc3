// Q4_0: 32 values; half scale d, 16 bytes of two 4-bit numbers. Value = d (q - 8). Source: ggml-common.h, block_q4_0.
import { blockFormat } from './block-format.ts';
import { stepsAroundZero } from './even-steps.ts';
import { readHalf, writeHalf } from './half.ts';

/** 4 bits, one scale for 32 values. Byte j holds values j (low) and j + 16 (high). */
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
