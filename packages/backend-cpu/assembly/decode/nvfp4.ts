// NVFP4: blocks of four scales, a byte each, and four runs of 16 four-bit floats, the low halves of 8 bytes first.
import { halfFromBits, highNibbles, lookup, lowNibbles } from '../simd';

/** The doubled values: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. */
const VALUES = memory.data<i8>([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

/**
 * Half of a scale (UE4M3), since values are doubled. Moved to a float16's exponent and mantissa, the bits are 2^-8 times the
 * scale. 0x7f, elsewhere NaN, is 0 as in ggml; the highest bit is ignored.
 */
// @ts-ignore: decorator
@inline
function halvedScale(bits: u32): f32 {
  return bits == 0x7f ? 0 : halfFromBits((bits & 0x7f) << 7) * 128;
}

/** Writes eight signed 16-bit values times a scale. */
// @ts-ignore: decorator
@inline
function writeEight(to: usize, values: v128, scale: v128): void {
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values)), scale));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values)), scale), 16);
}

/** Decodes a row of n values at w to `to`. */
export function decodeNVFP4(w: usize, to: usize, n: u32): void {
  const table = v128.load(VALUES);
  for (; n > 0; n -= 64, w += 36) {
    for (let run: usize = 0; run < 4; run++, to += 64) {
      const scale = f32x4.splat(halvedScale(load<u8>(w + run)));
      const bytes = v128.load64_splat(w + run * 8, 4);
      const values = lookup(table, v128.shuffle<i64>(lowNibbles(bytes), highNibbles(bytes), 0, 2));
      writeEight(to, i16x8.extend_low_i8x16_s(values), scale);
      writeEight(to + 32, i16x8.extend_high_i8x16_s(values), scale);
    }
  }
}
