// TQ1_0: blocks of 256 ternary digits less 1 and d, float16. A byte is five digits as a fraction in base 3, times 256 and
// rounded up: 32 bytes of which all first digits come first, then all second ones; 16 such bytes; 4 bytes of four digits.
import { halfToF32 } from '../simd';

/** The least fraction whose first digit is 1, and 2: a third and two thirds of 256, rounded up. */
const ONE_FROM = memory.data<u32>([0x56565656]);
const TWO_FROM = memory.data<u32>([0xabababab]);
const ONES = memory.data<u32>([0x00010001]);

/** The fractions without their first digits. */
// @ts-ignore: decorator
@inline
function dropOne(fractions: v128): v128 {
  return i8x16.add(i8x16.add(fractions, fractions), fractions);
}

/** The fractions without their first `count` digits, up to four. */
// @ts-ignore: decorator
@inline
function drop(fractions: v128, count: i32): v128 {
  if (count > 0) fractions = dropOne(fractions);
  if (count > 1) fractions = dropOne(fractions);
  if (count > 2) fractions = dropOne(fractions);
  if (count > 3) fractions = dropOne(fractions);
  return fractions;
}

/** The first digit of each fraction: 0, 1 or 2. */
// @ts-ignore: decorator
@inline
function digits(fractions: v128): v128 {
  const one = i8x16.ge_u(fractions, v128.load32_splat(ONE_FROM));
  const two = i8x16.ge_u(fractions, v128.load32_splat(TWO_FROM));
  return i8x16.neg(i8x16.add(one, two));
}

/** The last group: digit i of four bytes in values 4 i to 4 i + 3. */
// @ts-ignore: decorator
@inline
function lastGroup(bytes: v128): v128 {
  const first = v128.shuffle<i32>(bytes, drop(bytes, 1), 0, 4, 0, 4);
  return digits(v128.shuffle<i64>(first, drop(first, 2), 0, 2));
}

/** The format, for blocks256.ts. */
// @ts-ignore: decorator
@unmanaged
export class TQ1_0 {
  @inline bytes(): usize { return 54; }
  @inline scaledBy32(): bool { return true; }
  @inline values(w: usize, group: i32): v128 {
    if (group == 15) return lastGroup(v128.load32_zero(w, 48));
    if (group >= 10) return digits(drop(v128.load(w, 32), group - 10));
    return digits(drop(v128.load(w + (group & 1) * 16), group >> 1));
  }
  @inline lowScales(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline highScales(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline lowMinima(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline highMinima(_w: usize): v128 { return v128.load32_splat(ONES); }
  @inline factors(w: usize): v128 { return halfToF32(v128.load16_splat(w, 52)); }
}
