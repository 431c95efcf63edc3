// Q1_0: 128 values; float16 scale d, 16 bytes of eight bits. Value = d where the bit is 1, else -d. Source: ggml-common.h,
// block_q1_0.
import { blockFormat } from './block-format.ts';
import { readHalf, writeHalf } from './half.ts';

const VALUES = 128;

/** 1.125 bits: the signs of 128 values and one magnitude. Bit k of byte j is value 8j + k. */
export const q1_0 = blockFormat('Q1_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let i = 0; i < VALUES; i += 8) {
      const bits = blocks[at + 2 + (i >> 3)];
      for (let bit = 0; bit < 8; bit++) out[start + i + bit] = d * (((bits >> bit) & 1) * 2 - 1);
    }
  },
  encode(values, start, blocks, at) {
    let sum = 0;
    blocks.fill(0, at + 2, at + 18);
    for (let i = 0; i < VALUES; i++) {
      const value = values[start + i];
      sum = Math.fround(sum + Math.abs(value));
      if (value >= 0) blocks[at + 2 + (i >> 3)] |= 1 << (i & 7);
    }
    // Of all scales, the mean magnitude gives the least square error.
    writeHalf(blocks, at, Math.fround(sum / VALUES));
  },
});
