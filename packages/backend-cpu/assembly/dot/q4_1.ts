// Q4_1: blocks of a float16 scale, a float16 minimum and 32 four-bit values, the low halves of 16 bytes first.
import { highHalfToF32, highNibbles, lowNibbles, wordsAt } from '../simd';

/** The format, for blocks32.ts. */
// @ts-ignore: decorator
@unmanaged
export class Q4_1 {
  @inline bytes(): usize { return 20; }
  @inline offset(): i32 { return 0; }
  @inline hasMinimum(): bool { return true; }
  @inline first(w: usize): v128 { return lowNibbles(v128.load(w, 4)); }
  @inline last(w: usize): v128 { return highNibbles(v128.load(w, 4)); }
  @inline scales(w: usize, stride: usize): v128 { return highHalfToF32(i32x4.shl(wordsAt(w, stride), 16)); }
  @inline minima(w: usize, stride: usize): v128 { return highHalfToF32(wordsAt(w, stride)); }
}
