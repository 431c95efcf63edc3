// TQ2_0: blocks of two times 32 bytes of two-bit values less 1, and d, float16. The lowest bits are 32 values, the next
// ones the 32 after them, and so on.
import { halfToF32 } from '../simd';

const THREES = memory.data<u32>([0x03030303]);
const ONES = memory.data<u32>([0x00010001]);

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class TQ2_0 {
  @inline bytes(): usize { return 66; }
  @inline scaledBy32(): bool { return true; }
  @inline values(w: usize, group: i32): v128 {
    const bytes = v128.load(w + (group >> 3) * 32 + (group & 1) * 16);
    return v128.and(i16x8.shr_u(bytes, group & 6), v128.load32_splat(THREES));
  }
  @inline lowScales(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline highScales(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline lowMinima(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline highMinima(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline factors(w: usize): v128 { return halfToF32(v128.load16_splat(w, 64)); }
}
