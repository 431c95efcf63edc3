// Q5_0: blocks of a float16 scale, 32 fifth bits and the low four bits of 32 values, which are less 16: the low halves of
// 16 bytes first.
import { halvesAt } from '../simd';
import { firstFiveBits, lastFiveBits } from './five-bits';

/** The format, for blocks32.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q5_0 {
  @inline bytes(): usize { return 22; }
  @inline offset(): i32 { return 16; }
  @inline hasMinimum(): bool { return false; }
  @inline first(w: usize): v128 { return firstFiveBits(w + 2); }
  @inline last(w: usize): v128 { return lastFiveBits(w + 2); }
  @inline scales(w: usize, stride: usize): v128 { return halvesAt(w, stride); }
  @inline minima(_w: usize, _stride: usize): v128 { return f32x4.splat(0); }
}
