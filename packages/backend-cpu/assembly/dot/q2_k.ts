// Q2_K: blocks of 16 bytes, each a four-bit scale (low) and minimum of 16 values, then two times 32 bytes of two-bit
// values: the lowest bits are 32 values, the next ones the 32 after them, and so on; then d and dMin, float16.
import { halfPairAt, highNibbles, lowNibbles } from '../simd';

const THREES = memory.data<u32>([0x03030303]);

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q2_K {
  @inline bytes(): usize { return 84; }
  @inline scaledBy32(): bool { return false; }
  @inline values(w: usize, group: i32): v128 {
    const bytes = v128.load(w + 16 + (group >> 3) * 32 + (group & 1) * 16);
    return v128.and(i16x8.shr_u(bytes, group & 6), v128.load32_splat(THREES));
  }
  @inline lowScales(w: usize): v128 { return i16x8.extend_low_i8x16_u(lowNibbles(v128.load(w))); }
  @inline highScales(w: usize): v128 { return i16x8.extend_high_i8x16_u(lowNibbles(v128.load(w))); }
  @inline lowMinima(w: usize): v128 { return i16x8.extend_low_i8x16_u(highNibbles(v128.load(w))); }
  @inline highMinima(w: usize): v128 { return i16x8.extend_high_i8x16_u(highNibbles(v128.load(w))); }
  @inline factors(w: usize): v128 { return halfPairAt(w + 80); }
}
