// MXFP4: blocks of an exponent and 32 four-bit floats, the low halves of 16 bytes first. The floats are doubled to be
// whole, and 12 is added so that none is negative; the scale is halved in return.
import { highNibbles, lookup, lowNibbles } from '../simd';

/** The doubled values, more by 12: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. */
const VALUES = memory.data<u8>([12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0]);
const ONES = memory.data<u32>([1]);
const TWOS = memory.data<u32>([2]);

// @ts-ignore: decorator
@inline
function value(indices: v128): v128 {
  return lookup(v128.load(VALUES), indices);
}

/** The format, for blocks32.ts. */
// @ts-ignore: decorator
@unmanaged
export class MXFP4 {
  @inline bytes(): usize { return 17; }
  @inline offset(): i32 { return 12; }
  @inline hasMinimum(): bool { return false; }
  @inline first(w: usize): v128 { return value(lowNibbles(v128.load(w, 1))); }
  @inline last(w: usize): v128 { return value(highNibbles(v128.load(w, 1))); }
  /** 2^(e - 128): its float32 has the exponent e - 1, or for e below 2 is a denormal. */
  @inline scales(w: usize, stride: usize): v128 {
    let e = v128.load8_lane(w, i32x4.splat(0), 0);
    e = v128.load8_lane(w + stride, e, 4);
    e = v128.load8_lane(w + 2 * stride, e, 8);
    e = v128.load8_lane(w + 3 * stride, e, 12);
    const normal = i32x4.shl(i32x4.sub(e, v128.load32_splat(ONES)), 23);
    const denormal = i32x4.shl(i32x4.add(e, v128.load32_splat(ONES)), 21);
    return v128.bitselect(denormal, normal, i32x4.lt_s(e, v128.load32_splat(TWOS)));
  }
  @inline minima(_w: usize, _stride: usize): v128 { return f32x4.splat(0); }
}
