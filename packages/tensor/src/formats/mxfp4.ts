// MXFP4: 32 values; a power of two as scale, 16 bytes of two 4-bit floats (E2M1). Source: OCP Microscaling Formats 1.0; the
// order of values is from ggml-common.h, block_mxfp4.
import { blockFormat } from './block-format.ts';
import { doubledFp4Values } from './fp4-values.ts';

/** 4-bit floats, one exponent for 32 values. Byte j holds value j (low bits) and value j + 16 (high bits). */
export const mxfp4 = blockFormat('MXFP4', {
  decode(blocks, at, out, start) {
    // 2^(e - 127), halved because the values are doubled.
    const scale = 2 ** (blocks[at] - 128);
    for (let j = 0; j < 16; j++) {
      const byte = blocks[at + 1 + j];
      out[start + j] = scale * doubledFp4Values[byte & 0xf];
      out[start + 16 + j] = scale * doubledFp4Values[byte >> 4];
    }
  },
});
