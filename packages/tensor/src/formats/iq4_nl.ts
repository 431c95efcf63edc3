// IQ4_NL: 32 values; float16 scale d, 16 bytes of two 4-bit level numbers. Value = d · level. Source: ggml-common.h.
import { blockFormat } from './block-format.ts';
import { readHalf } from './half.ts';
import { iq4Values } from './iq4-values.ts';

/** 4 bits on uneven levels, one scale for 32 values. Byte j holds value j (low bits) and value j + 16 (high bits). */
export const iq4_nl = blockFormat('IQ4_NL', {
  decode(blocks, at, out, start) {
    const d = readHalf(blocks, at);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 2 + j];
      out[start + j] = d * iq4Values[byte & 0xf];
      out[start + 16 + j] = d * iq4Values[byte >> 4];
    }
  },
});
