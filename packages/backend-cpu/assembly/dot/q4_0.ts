// Q4_0: blocks of a float16 scale and 32 four-bit values less 8, the low halves of 16 bytes first.
import { halvesAt, highNibbles, lowNibbles } from '../simd';

/** The format, for blocks32.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q4_0 {
  @inline bytes(): usize { return 18; }
  @inline offset(): i32 { return 8; }
  @inline hasMinimum(): bool { return false; }
  @inline first(w: usize): v128 { return lowNibbles(v128.load(w, 2)); }
  @inline last(w: usize): v128 { return highNibbles(v128.load(w, 2)); }
  @inline scales(w: usize, stride: usize): v128 { return halvesAt(w, stride); }
  @inline minima(_w: usize, _stride: usize): v128 { return f32x4.splat(0); }
}
