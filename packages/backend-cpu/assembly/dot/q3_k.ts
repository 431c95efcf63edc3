// Q3_K: blocks of 32 bytes of third bits, two times 32 bytes of two-bit values that are less 4, 12 bytes of 6-bit scales of
// 16 values, less 32, and d, float16. The lowest bits are 32 values, the next ones the 32 after them, and so on; bit i of a
// third byte belongs to run i of 32.
import { halfToF32, lowNibbles } from '../simd';

const THREES = memory.data<u32>([0x03030303]);
const FOURS = memory.data<u32>([0x04040404]);
const THIRTY_TWOS = memory.data<u32>([0x20202020]);
const HIGH_BITS = memory.data<u32>([0x30303030]);
/** Multiplications that shift each lane by its own number of bits. */
const HIGH_SHIFTS = memory.data<u32>([64, 16, 4, 1]);

/** The 16 scales, as signed bytes. */
// @ts-ignore: decorator
@inline
function scales(w: usize): v128 {
  // The low four bits: of the first eight in the low halves of eight bytes, of the others in the high halves. Four bytes
  // have the high two bits, four scales at a time.
  const low = v128.load64_zero(w, 96);
  const both = v128.shuffle<i64>(low, i16x8.shr_u(low, 4), 0, 2);
  const high = i32x4.shr_u(i32x4.mul(v128.load32_splat(w, 104), v128.load(HIGH_SHIFTS)), 2);
  const six = v128.or(lowNibbles(both), v128.and(high, v128.load32_splat(HIGH_BITS)));
  return i8x16.sub(six, v128.load32_splat(THIRTY_TWOS));
}

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q3_K {
  @inline bytes(): usize { return 110; }
  @inline scaledBy32(): bool { return false; }
  @inline values(w: usize, group: i32): v128 {
    const bytes = v128.load(w + 32 + (group >> 3) * 32 + (group & 1) * 16);
    const thirds = v128.load(w + (group & 1) * 16);
    const bit = group >> 1;
    const inPlace = bit < 2 ? i16x8.shl(thirds, 2 - bit) : i16x8.shr_u(thirds, bit - 2);
    return v128.or(
      v128.and(i16x8.shr_u(bytes, group & 6), v128.load32_splat(THREES)),
      v128.and(inPlace, v128.load32_splat(FOURS)),
    );
  }
  @inline lowScales(w: usize): v128 { return i16x8.extend_low_i8x16_s(scales(w)); }
  @inline highScales(w: usize): v128 { return i16x8.extend_high_i8x16_s(scales(w)); }
  @inline lowMinima(w: usize): v128 { return i16x8.shl(this.lowScales(w), 2); }
  @inline highMinima(w: usize): v128 { return i16x8.shl(this.highScales(w), 2); }
  @inline factors(w: usize): v128 { return halfToF32(v128.load16_splat(w, 108)); }
}
