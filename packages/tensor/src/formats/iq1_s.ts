// IQ1_S: 256 values in 8 groups; float16 d, 32 bytes with the low bits of pattern numbers, then for each group a 16-bit word.
// The word has the three high bits of four numbers, a 3-bit scale and the sign of the shift. Value =
// d · (2 · scale + 1) · (trit ± 1/8).
// Source: ggml-common.h, block_iq1_s.
import { blockFormat } from './block-format.ts';
import { iq1Grid } from './grids/iq1.ts';
import { readHalf } from './half.ts';
import { readUint16 } from './little-endian.ts';

/** 1.56 bits: patterns of 8 ternary values, one scale and one shift for 32 values. */
export const iq1_s = blockFormat('IQ1_S', {
  decode(blocks, at, out, start) {
    const grid = iq1Grid();
    const d = readHalf(blocks, at);
    for (let k = 0; k < 32; k++) {
      const bits = readUint16(blocks, at + 34 + (k >> 2) * 2);
      const scale = d * (2 * ((bits >> 12) & 7) + 1);
      const shift = bits & 0x8000 ? -0.125 : 0.125;
      const pattern = blocks[at + 2 + k] | (((bits >> (3 * (k & 3))) & 7) << 8);
      for (let j = 0; j < 8; j++) out[start + k * 8 + j] = scale * (grid[pattern * 8 + j] + shift);
    }
  },
});
