// Q2_0: 64 values; float16 scale d, 16 bytes of four 2-bit numbers. Value = d · (q - 1). Source: ggml-common.h, block_q2_0.
import { blockFormat } from './block-format.ts';
import { readHalf, writeHalf } from './half.ts';

const VALUES = 64;

/**
 * 2.25 bits: one scale for 64 values of -1, 0, 1 and 2 times d. Byte j holds values 4j to 4j + 3, value 4j in its lowest
 * bits.
 */
export const q2_0 = blockFormat('Q2_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let i = 0; i < VALUES; i++) {
      out[start + i] = d * (((blocks[at + 2 + (i >> 2)] >> ((i & 3) * 2)) & 3) - 1);
    }
  },
  encode(values, start, blocks, at) {
    let largest = 0;
    for (let i = 0; i < VALUES; i++) largest = Math.max(largest, Math.abs(values[start + i]));
    const inverse = largest === 0 ? 0 : Math.fround(1 / largest);
    writeHalf(blocks, at, largest);
    blocks.fill(0, at + 2, at + 18);
    for (let i = 0; i < VALUES; i++) {
      const scaled = Math.fround(values[start + i] * inverse);
      // The scale is the largest magnitude, so only -1, 0 and 1 occur. 0.5 is rounded away from zero.
      const number = 1 + Math.sign(scaled) * Number(Math.abs(scaled) >= 0.5);
      blocks[at + 2 + (i >> 2)] |= number << ((i & 3) * 2);
    }
  },
});
