// Q1_0: blocks of d, float16, and the signs of 128 values; a bit that is set is plus.
import { halfAt } from '../simd';

const LOW_BITS = memory.data<u32>([1, 2, 4, 8]);
const HIGH_BITS = memory.data<u32>([16, 32, 64, 128]);
const SIGN = memory.data<u32>([0x80000000]);
const ZERO = memory.data<u32>([0]);

/** d in four lanes; a lane is negative if its bit is not set. */
// @ts-ignore: decorator
@inline
function signed(d: v128, byte: v128, bits: usize): v128 {
  const isMinus = i32x4.eq(v128.and(byte, v128.load(bits)), v128.load32_splat(ZERO));
  return v128.xor(d, v128.and(isMinus, v128.load32_splat(SIGN)));
}

/** Decodes a row of n values at w to `to`. */
export function decodeQ1_0(w: usize, to: usize, n: u32): void {
  for (; n > 0; n -= 128, w += 18) {
    const d = f32x4.splat(halfAt(w));
    for (let j: usize = 0; j < 16; j++, to += 32) {
      const byte = i32x4.splat(load<u8>(w + j, 2));
      v128.store(to, signed(d, byte, LOW_BITS));
      v128.store(to, signed(d, byte, HIGH_BITS), 16);
    }
  }
}
