// Q5_1: blocks of a float16 scale, a float16 minimum, 32 fifth bits and the low four bits of 32 values: the low halves of
// 16 bytes first.
import { highHalfToF32, wordsAt } from '../simd';
import { firstFiveBits, lastFiveBits } from './five-bits';

/** The format, for blocks32.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q5_1 {
  @inline bytes(): usize { return 24; }
  @inline offset(): i32 { return 0; }
  @inline hasMinimum(): bool { return true; }
  @inline first(w: usize): v128 { return firstFiveBits(w + 4); }
  @inline last(w: usize): v128 { return lastFiveBits(w + 4); }
  @inline scales(w: usize, stride: usize): v128 { return highHalfToF32(i32x4.shl(wordsAt(w, stride), 16)); }
  @inline minima(w: usize, stride: usize): v128 { return highHalfToF32(wordsAt(w, stride)); }
}
