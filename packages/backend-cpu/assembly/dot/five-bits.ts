// The 32 values of a Q5_0 or Q5_1 block: four bytes of fifth bits, value i's at bit i, then 16 bytes whose halves are the
// low bits of values 0 to 15 and 16 to 31.
import { highNibbles, lookup, lowNibbles } from '../simd';

/** For each value, the index of the byte, among the four, that holds the value's fifth bit. */
const FIRST_BYTES = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
const LAST_BYTES = memory.data<u8>([2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
/** For each value, the mask of its fifth bit in that byte. */
const OWN_BIT = memory.data<u64>([0x8040201008040201]);
const SIXTEENS = memory.data<u32>([0x10101010]);

/** The fifth bits of 16 values, moved into place. */
// @ts-ignore: decorator
@inline
function fifthBits(at: usize, bytes: usize): v128 {
  const ownBit = v128.load64_splat(OWN_BIT);
  const spread = lookup(v128.load32_zero(at), v128.load(bytes));
  return v128.and(i8x16.eq(v128.and(spread, ownBit), ownBit), v128.load32_splat(SIXTEENS));
}

/** Values 0 to 15. */
// @ts-ignore: decorator
@inline
export function firstFiveBits(at: usize): v128 {
  return v128.or(lowNibbles(v128.load(at, 4)), fifthBits(at, FIRST_BYTES));
}

/** Values 16 to 31. */
// @ts-ignore: decorator
@inline
export function lastFiveBits(at: usize): v128 {
  return v128.or(highNibbles(v128.load(at, 4)), fifthBits(at, LAST_BYTES));
}
