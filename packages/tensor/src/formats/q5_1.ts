// Q5_1: 32 values; half scale d, half minimum m, 20 bytes of 5-bit numbers. Value = d q + m. Source: ggml-common.h,
// block_q5_1.
import { blockFormat } from './block-format.ts';
import { stepsBetween } from './even-steps.ts';
import { addFiveBits, readFiveBits } from './five-bits.ts';
import { readHalf, writeHalf } from './half.ts';

/** 5 bits, scale and minimum for 32 values. */
export const q5_1 = blockFormat('Q5_1', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const m = readHalf(blocks, at + 2);
    for (let j = 0; j < 32; j++) out[start + j] = d * readFiveBits(blocks, at + 4, j) + m;
  },
  encode(values, start, blocks, at) {
    const { least, step, number } = stepsBetween(values, start, 31);
    writeHalf(blocks, at, step);
    writeHalf(blocks, at + 2, least);
    blocks.fill(0, at + 4, at + 24);
    for (let j = 0; j < 32; j++) addFiveBits(blocks, at + 4, j, number(values[start + j]));
  },
});
