// NVFP4: 64 values in four runs of 16; four scales of 8 bits (UE4M3), 32 bytes of two 4-bit floats (E2M1). Source:
// ggml-common.h, block_nvfp4, and ggml-impl.h, ggml_ue4m3_to_fp32.
import { blockFormat } from './block-format.ts';
import { doubledFp4Values } from './fp4-values.ts';

/**
 * Half the UE4M3 value of each byte, since the four-bit floats are doubled: 4 bits of exponent biased by 7, then 3 of
 * mantissa. The highest bit means nothing. 0x7f, NaN elsewhere, is 0 as in ggml; 0xff is not.
 */
const halvedScales = Float32Array.from({ length: 256 }, (_, bits) => {
  const exponent = (bits >> 3) & 0xf;
  const mantissa = bits & 7;
  if (bits === 0x7f) return 0;
  return exponent === 0 ? mantissa * 2 ** -10 : (8 + mantissa) * 2 ** (exponent - 11);
});

/** 4-bit floats, one scale for 16 values. Byte j of a run's eight holds its values j (low) and j + 8 (high). */
export const nvfp4 = blockFormat('NVFP4', {
  decode(blocks, at, out, start) {
    for (let run = 0; run < 4; run++) {
      const scale = halvedScales[blocks[at + run]];
      const first = start + run * 16;
      for (let j = 0; j < 8; j++) {
        const byte = blocks[at + 4 + run * 8 + j];
        out[first + j] = scale * doubledFp4Values[byte & 0xf];
        out[first + 8 + j] = scale * doubledFp4Values[byte >> 4];
      }
    }
  },
});
