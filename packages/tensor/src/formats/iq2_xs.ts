// IQ2_XS: 256 values in 16 groups; float16 d, 32 words with a 9-bit pattern number and 7 sign bits each, 8 bytes of two 4-bit
// scales. Value = d · (scale + 1/2) / 4 · magnitude. Source: ggml-common.h, block_iq2_xs.
import { blockFormat } from './block-format.ts';
import { iq2xsGrid } from './grids/iq2_xs.ts';
import { readHalf } from './half.ts';
import { readUint16 } from './little-endian.ts';
import { evenSigns, writeSigned } from './signs.ts';

/** 2.31 bits: patterns of 8 values, one scale for 16 values. */
export const iq2_xs = blockFormat('IQ2_XS', {
  decode(blocks, at, out, start) {
    const grid = iq2xsGrid();
    const d = readHalf(blocks, at);
    for (let k = 0; k < 32; k++) {
      const scale = (blocks[at + 66 + (k >> 2)] >> ((k & 2) * 2)) & 0xf;
      const bits = readUint16(blocks, at + 2 + k * 2);
      const signs = evenSigns(bits >> 9);
      writeSigned(out, start + k * 8, d * (scale + 0.5) * 0.25, grid, (bits & 0x1ff) * 8, 8, signs);
    }
  },
});
