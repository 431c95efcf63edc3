// The head of a Q4_K or Q5_K block: two float16 numbers, d and dMin, then 12 bytes of eight 6-bit scales and eight 6-bit
// minima, one scale and one minimum for 32 values.
import { lookup } from '../simd';

const LOW_BITS = memory.data<u32>([0x3f3f3f3f, 0x0f0f0f0f, 0x3f3f3f3f, 0x0f0f0f0f]);
const HIGH_BITS = memory.data<u32>([0, 0x30303030, 0, 0x30303030]);
/** Bytes 0 to 3, 4 to 7, and so on, each twice, each with an empty byte after it. */
const TWICE = memory.data<i8>([
  0, -1, 0, -1, 1, -1, 1, -1, 2, -1, 2, -1, 3, -1, 3, -1,
  4, -1, 4, -1, 5, -1, 5, -1, 6, -1, 6, -1, 7, -1, 7, -1,
  8, -1, 8, -1, 9, -1, 9, -1, 10, -1, 10, -1, 11, -1, 11, -1,
  12, -1, 12, -1, 13, -1, 13, -1, 14, -1, 14, -1, 15, -1, 15, -1,
]);

/** The scales in bytes 0 to 7, the minima in bytes 8 to 15. */
// @ts-ignore: decorator
@inline
function scalesAndMinima(w: usize): v128 {
  const head = v128.load(w);
  // Word 1 of the four has scales 0-3, word 2 minima 0-3, word 3 the low four bits of scales 4-7 and of minima 4-7. The high
  // two bits of scales and minima 4-7 are the highest bits of the bytes of words 1 and 2.
  const low = v128.shuffle<i32>(head, i32x4.shr_u(head, 4), 1, 3, 2, 7);
  const shifted = i32x4.shr_u(head, 2);
  const high = v128.shuffle<i32>(shifted, shifted, 1, 1, 2, 2);
  return v128.or(v128.and(low, v128.load(LOW_BITS)), v128.and(high, v128.load(HIGH_BITS)));
}

/** Four of the scales or minima, from byte `first` on, each twice, as int16. */
// @ts-ignore: decorator
@inline
export function fourTwice(w: usize, first: i32): v128 {
  return lookup(scalesAndMinima(w), v128.load(TWICE + first * 4));
}
