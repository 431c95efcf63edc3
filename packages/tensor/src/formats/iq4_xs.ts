// IQ4_XS: 256 values in 8 groups; float16 d, 2 bytes of high and 4 bytes of low scale bits, 128 bytes of two 4-bit level
// numbers. Value = d · (scale - 32) · level. Source: ggml-common.h, block_iq4_xs.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';
import { iq4Values } from './iq4-values.ts';

/** 4 bits on uneven levels, one 6-bit scale for 32 values; the bytes of a group lie as in IQ4_NL. */
export const iq4_xs = blockFormat('IQ4_XS', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    const highBits = blocks[at + 2] | (blocks[at + 3] << 8);
    for (let group = 0; group < 8; group++) {
      const low = (blocks[at + 4 + (group >> 1)] >> ((group & 1) * 4)) & 0xf;
      const high = (highBits >> (group * 2)) & 3;
      const scale = d * ((low | (high << 4)) - 32);
      const values = start + group * 32;
      for (let j = 0; j < 16; j++) {
        const byte = blocks[at + 8 + group * 16 + j];
        out[values + j] = scale * iq4Values[byte & 0xf];
        out[values + 16 + j] = scale * iq4Values[byte >> 4];
      }
    }
  },
});
