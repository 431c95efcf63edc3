// Q2_0: blocks of d, float16, and 64 two-bit numbers, four in a byte from the lowest bits on. Value = d (q - 1).
import { halfAt } from '../simd';

const MASKS = memory.data<u32>([0x03, 0x0c, 0x30, 0xc0]);
const ONES = memory.data<u32>([1, 4, 16, 64]);
const UNITS = memory.data<f32>([1, 0.25, 0.0625, 0.015625]);

/** Decodes a row of n values at w to `to`. Numbers stay at their place in the byte; the scale of each lane compensates. */
export function decodeQ2_0(w: usize, to: usize, n: u32): void {
  const masks = v128.load(MASKS);
  const ones = v128.load(ONES);
  const units = v128.load(UNITS);
  for (; n > 0; n -= 64, w += 18) {
    const scales = f32x4.mul(f32x4.splat(halfAt(w)), units);
    for (let j: usize = 0; j < 16; j++, to += 16) {
      const numbers = i32x4.sub(v128.and(i32x4.splat(load<u8>(w + j, 2)), masks), ones);
      v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(numbers), scales));
    }
  }
}
