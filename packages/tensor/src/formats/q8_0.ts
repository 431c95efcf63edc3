// Q8_0: 32 values; float16 scale d, 32 signed bytes. Value = d · q. Source: ggml-common.h, block_q8_0.
import { blockFormat } from './block-format.ts';
import { readHalf, writeHalf } from './half.ts';
import { readInt8 } from './signed-byte.ts';

/** 8 bits, one scale for 32 values. */
export const q8_0 = blockFormat('Q8_0', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let j = 0; j < 32; j++) out[start + j] = d * readInt8(blocks, at + 2 + j);
  },
  encode(values, start, blocks, at) {
    let largest = 0;
    for (let j = 0; j < 32; j++) largest = Math.max(largest, Math.abs(values[start + j]));
    const d = Math.fround(largest / 127);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    writeHalf(blocks, at, d);
    for (let j = 0; j < 32; j++) {
      const scaled = Math.fround(values[start + j] * inverse);
      // Rounds ties away from zero, like C's roundf; `Math.round` rounds ties upwards.
      blocks[at + 2 + j] = Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5);
    }
  },
});
