// IQ2_XXS: 256 values in 8 groups; float16 d, then for each group 4 bytes of pattern numbers, and 4 bytes with 28 sign bits and
// a 4-bit scale. Value = d · (scale + 1/2) / 4 · magnitude. Source: ggml-common.h, block_iq2_xxs.
import { blockFormat } from './block-format.ts';
import { iq2xxsGrid } from './grids/iq2_xxs.ts';
import { readHalf } from './half.ts';
import { evenSigns, writeSigned } from './signs.ts';
import { readUint32 } from './little-endian.ts';

/** 2.06 bits: patterns of 8 values, one scale for 32 values. */
export const iq2_xxs = blockFormat('IQ2_XXS', {
  decode(blocks, at, out, start) {
    const grid = iq2xxsGrid();
    const d = readHalf(blocks, at);
    for (let group = 0; group < 8; group++) {
      const numbers = at + 2 + group * 8;
      const bits = readUint32(blocks, numbers + 4);
      const scale = d * ((bits >>> 28) + 0.5) * 0.25;
      for (let k = 0; k < 4; k++) {
        const signs = evenSigns((bits >> (7 * k)) & 0x7f);
        writeSigned(out, start + group * 32 + k * 8, scale, grid, blocks[numbers + k] * 8, 8, signs);
      }
    }
  },
});
