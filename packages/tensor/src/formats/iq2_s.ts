// IQ2_S: 256 values in 16 groups; float16 d, 32 bytes with the low bits of pattern numbers, 32 bytes of signs, 8 bytes with
// the two high bits of four numbers each, 8 bytes of two 4-bit scales. Value = d · (scale + 1/2) / 4 · magnitude. Source:
// ggml-common.h, block_iq2_s.
import { blockFormat } from './block-format.ts';
import { iq2sGrid } from './grids/iq2_s.ts';
import { readHalf } from './half.ts';
import { writeSigned } from './signs.ts';

/** 2.56 bits: patterns of 8 values, one scale for 16 values. */
export const iq2_s = blockFormat('IQ2_S', {
  decode(blocks, at, out, start) {
    const grid = iq2sGrid();
    const d = readHalf(blocks, at);
    for (let k = 0; k < 32; k++) {
      const scale = (blocks[at + 74 + (k >> 2)] >> ((k & 2) * 2)) & 0xf;
      const high = (blocks[at + 66 + (k >> 2)] >> ((k & 3) * 2)) & 3;
      const pattern = blocks[at + 2 + k] | (high << 8);
      const signs = blocks[at + 34 + k];
      writeSigned(out, start + k * 8, d * (scale + 0.5) * 0.25, grid, pattern * 8, 8, signs);
    }
  },
});
