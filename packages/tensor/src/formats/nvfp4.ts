// NVFP4: 64 values in four runs of 16; four scales of 8 bits (UE4M3), 32 bytes of two 4-bit floats (E2M1). Source:
// ggml-common.h, block_nvfp4, and ggml-impl.h, ggml_ue4m3_to_fp32.
import { blockFormat } from './block-format.ts';
import { doubledFp4Values } from './fp4-values.ts';

/**
 * Half the UE4M3 value of each byte, since the table of four-bit floats has doubled values. UE4M3 has 4 bits of exponent,
 * biased by 7, and 3 bits of mantissa. The highest bit is ignored. As in ggml, 0x7f (NaN in other implementations) is 0, but
 * 0xff is not 0.
 */
const halvedScales = Float32Array.from({ length: 256 }, (_, bits) => {
  const exponent = (bits >> 3) & 0xf;
  const mantissa = bits & 7;
  if (bits === 0x7f) return 0;
  return exponent === 0 ? mantissa * 2 ** -10 : (8 + mantissa) * 2 ** (exponent - 11);
});

/** The byte of 448, the largest scale that is written. */
const LARGEST_SCALE = 0x7e;

/**
 * The byte of the UE4M3 scale nearest to `scale`; ties round up. As in ggml, a scale that rounds to 2^8 or more becomes 448.
 * Source: ggml-impl.h, ggml_fp32_to_ue4m3.
 */
function scaleBits(scale: number): number {
  if (!(scale > 0)) return 0;
  if (scale >= 2 ** 8) return LARGEST_SCALE;
  const exponent = Math.floor(Math.log2(scale));
  // Below 2^-6, a scale is a multiple of 2^-9; in ggml at most 7 · 2^-9.
  if (exponent < -6) return Math.min(7, Math.floor(Math.fround(Math.fround(scale * 512) + 0.5)));
  const bits = (exponent + 7) * 8 + Math.floor((scale / 2 ** exponent - 1) * 8 + 0.5);
  return bits >= 0x78 ? LARGEST_SCALE : bits;
}

/**
 * The number of a four-bit float: its doubled value times the halved scale is nearest to `value`. If two are equally near, the
 * lower number.
 */
function nearestNumber(value: number, scale: number): number {
  let nearest = 0;
  let least = Math.abs(value);
  for (let number = 1; number < 16; number++) {
    const error = Math.abs(Math.fround(doubledFp4Values[number] * scale - value));
    if (error >= least) continue;
    least = error;
    nearest = number;
  }
  return nearest;
}

/**
 * 4.5 bits: 4-bit floats, one scale for 16 values. A run of 16 values takes 8 bytes. Byte j holds value j (low bits) and
 * value j + 8 (high bits).
 */
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
  encode(values, start, blocks, at) {
    for (let run = 0; run < 4; run++) {
      const first = start + run * 16;
      let largest = 0;
      for (let j = 0; j < 16; j++) largest = Math.max(largest, Math.abs(values[first + j]));
      const bits = scaleBits(Math.fround(largest / 6));
      const scale = halvedScales[bits];
      blocks[at + run] = bits;
      for (let j = 0; j < 8; j++) {
        blocks[at + 4 + run * 8 + j] =
          nearestNumber(values[first + j], scale) | (nearestNumber(values[first + 8 + j], scale) << 4);
      }
    }
  },
});
