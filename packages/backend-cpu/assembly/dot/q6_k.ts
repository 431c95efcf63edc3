// Q6_K: blocks of two times 64 bytes of low four bits, two times 32 bytes of high two, 16 signed bytes of scale of 16
// values, and d, float16. Stored values minus 32 are the values. For each 128 values, the low halves of 64 bytes are the
// first 64 values, the high halves the others; the lowest two-bit pairs are the first 32 values, and so on.
import { halfToF32, highNibbles, lowNibbles } from '../simd';

const HIGH_BITS = memory.data<u32>([0x30303030]);

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q6_K {
  @inline bytes(): usize { return 210; }
  @inline scaledBy32(): bool { return false; }
  @inline values(w: usize, group: i32): v128 {
    const low = v128.load(w + (group >> 3) * 64 + (group & 3) * 16);
    const high = v128.load(w + 128 + (group >> 3) * 32 + (group & 1) * 16);
    const layer = (group >> 1) & 3;
    const inPlace = layer < 2 ? i16x8.shl(high, 4 - layer * 2) : i16x8.shr_u(high, layer * 2 - 4);
    return v128.or(group & 4 ? highNibbles(low) : lowNibbles(low), v128.and(inPlace, v128.load32_splat(HIGH_BITS)));
  }
  @inline lowScales(w: usize): v128 { return v128.load8x8_s(w, 192); }
  @inline highScales(w: usize): v128 { return v128.load8x8_s(w, 200); }
  @inline lowMinima(w: usize): v128 { return i16x8.shl(this.lowScales(w), 5); }
  @inline highMinima(w: usize): v128 { return i16x8.shl(this.highScales(w), 5); }
  @inline factors(w: usize): v128 { return halfToF32(v128.load16_splat(w, 208)); }
}
