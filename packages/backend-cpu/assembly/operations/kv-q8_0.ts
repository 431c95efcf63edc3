// Keys and values in Q8_0: a head's row is `headSize / 32` blocks, as in a file.
import { halfAt, halfFromF32 } from '../simd';
import { largest, round16 } from './quantize';

const BLOCK: usize = 34;

/** Quantizes a row of `n` values, a multiple of 32, into blocks at `to`. */
export function storeQ8_0(from: usize, to: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i += 32) {
    const scale = largest(from, 32) / 127;
    const inverse = f32x4.splat(scale > 0 ? 1 / scale : 0);
    store<u16>(to, halfFromF32(scale));
    v128.store(to, round16(from, inverse), 2);
    v128.store(to, round16(from + 64, inverse), 18);
    from += 128;
    to += BLOCK;
  }
}

/** Decodes `count` rows of `n` values, one after another as they are stored, to `to`. */
export function decodeQ8_0(rows: usize, count: u32, n: u32, to: usize): void {
  for (let blocks = count * (n >> 5); blocks > 0; blocks--) {
    const scale = f32x4.splat(halfAt(rows));
    for (let i: usize = 0; i < 32; i += 8) {
      const words = v128.load8x8_s(rows + i, 2);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words));
      v128.store(to + i * 4, f32x4.mul(scale, low));
      v128.store(to + i * 4, f32x4.mul(scale, high), 16);
    }
    rows += BLOCK;
    to += 128;
  }
}
