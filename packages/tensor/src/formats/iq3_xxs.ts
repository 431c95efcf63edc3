// IQ3_XXS: 256 values in 8 groups; float16 d, 64 bytes of pattern numbers, then for each group 4 bytes with 28 sign bits and
// a 4-bit scale. Value = d · (scale + 1/2) / 2 · magnitude. Source: ggml-common.h, block_iq3_xxs.
import { blockFormat } from './block-format.ts';
import { iq3xxsGrid } from './grids/iq3_xxs.ts';
import { readHalf } from './half.ts';
import { readUint32 } from './little-endian.ts';
import { evenSigns, writeSigned } from './signs.ts';

/** 3.06 bits: patterns of 4 values, one scale for 32 values. */
export const iq3_xxs = blockFormat('IQ3_XXS', {
  decode(blocks, at, out, start) {
    const grid = iq3xxsGrid();
    const d = readHalf(blocks, at);
    for (let group = 0; group < 8; group++) {
      const bits = readUint32(blocks, at + 66 + group * 4);
      const scale = d * ((bits >>> 28) + 0.5) * 0.5;
      for (let k = 0; k < 8; k++) {
        const signs = evenSigns((bits >> (7 * (k >> 1))) & 0x7f) >> ((k & 1) * 4);
        const pattern = blocks[at + 2 + group * 8 + k];
        writeSigned(out, start + group * 32 + k * 4, scale, grid, pattern * 4, 4, signs);
      }
    }
  },
});
