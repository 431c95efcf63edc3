// IQ1_M: 256 values in 16 groups. 32 bytes have the low bits of pattern numbers. Each of the next 16 bytes has the three high
// bits of two numbers, and the signs of two shifts. Each of the last four 16-bit words has four 3-bit scales and 4 bits of the
// float16 d. Value = d · (2 · scale + 1) · (trit ± 1/8). Source: ggml-common.h, block_iq1_m.
import { blockFormat } from './block-format.ts';
import { iq1Grid } from './grids/iq1.ts';
import { float16ToFloat32 } from './half.ts';
import { readUint16 } from './little-endian.ts';

/** 1.75 bits: patterns of 8 ternary values, a shift for each pattern, one scale for 16 values. */
export const iq1_m = blockFormat('IQ1_M', {
  decode(blocks, at, out, start) {
    const grid = iq1Grid();
    let half = 0;
    for (let i = 0; i < 4; i++) half |= (blocks[at + 49 + i * 2] >> 4) << (i * 4);
    const d = float16ToFloat32(half);
    for (let k = 0; k < 32; k++) {
      const scaleBits = readUint16(blocks, at + 48 + (k >> 3) * 2) >> (3 * ((k >> 1) & 3));
      const scale = d * (2 * (scaleBits & 7) + 1);
      const bits = blocks[at + 32 + (k >> 1)] >> ((k & 1) * 4);
      const shift = bits & 8 ? -0.125 : 0.125;
      const pattern = blocks[at + k] | ((bits & 7) << 8);
      for (let j = 0; j < 8; j++) out[start + k * 8 + j] = scale * (grid[pattern * 8 + j] + shift);
    }
  },
});
