// IQ3_S: 256 values in 8 groups; float16 d, 64 bytes with the low bits of pattern numbers, 8 bytes of the high bits, 32 bytes
// of signs, 4 bytes of two 4-bit scales. Value = d · (2 · scale + 1) · magnitude. Source: ggml-common.h, block_iq3_s.
import { blockFormat } from './block-format.ts';
import { iq3sGrid } from './grids/iq3_s.ts';
import { readHalf } from './half.ts';
import { writeSigned } from './signs.ts';

/** 3.44 bits: patterns of 4 values, one scale for 32 values. */
export const iq3_s = blockFormat('IQ3_S', {
  decode(blocks, at, out, start) {
    const grid = iq3sGrid();
    const d = readHalf(blocks, at);
    for (let k = 0; k < 64; k++) {
      const scale = (blocks[at + 106 + (k >> 4)] >> ((k & 8) >> 1)) & 0xf;
      const high = (blocks[at + 66 + (k >> 3)] >> (k & 7)) & 1;
      const pattern = blocks[at + 2 + k] | (high << 8);
      const signs = blocks[at + 74 + (k >> 1)] >> ((k & 1) * 4);
      writeSigned(out, start + k * 4, d * (2 * scale + 1), grid, pattern * 4, 4, signs);
    }
  },
});
