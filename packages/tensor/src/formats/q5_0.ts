// Q5_0: 32 values; float16 scale d, 20 bytes of 5-bit numbers. Value = d · (q - 16). Source: ggml-common.h, block_q5_0.
import { blockFormat } from './block-format.ts';
import { stepsAroundZero } from './even-steps.ts';
import { addFiveBits } from './five-bits.ts';
import { readHalf, writeHalf } from './half.ts';
import { readUint32 } from './little-endian.ts';

/** 5 bits, one scale for 32 values. */
export const q5_0 = blockFormat('Q5_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const fifths = readUint32(blocks, at + 2);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 6 + j];
      out[start + j] = d * (((byte & 0xf) | (((fifths >> j) & 1) << 4)) - 16);
      out[start + 16 + j] = d * (((byte >> 4) | (((fifths >> (j + 16)) & 1) << 4)) - 16);
    }
  },
  encode(values, start, blocks, at) {
    const { step, number } = stepsAroundZero(values, start, 16);
    writeHalf(blocks, at, step);
    blocks.fill(0, at + 2, at + 22);
    for (let j = 0; j < 32; j++) addFiveBits(blocks, at + 2, j, number(values[start + j]));
  },
});
