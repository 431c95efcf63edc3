// Keys and values in Q8_0: a head's row is `headSize / 32` blocks, as in a file. Queries are quantized once for all keys.
import { dotQ8_0 } from '../dot/q8_0';
import { halfAt, halfFromF32, madd } from '../simd';
import { largest, quantizeWide, round16 } from './quantize';

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

/** Puts a query into the form in which `scoresQ8_0` wants it, `n` values into `n * 2 + n / 8` bytes. */
export function quantizeQuery(q: usize, to: usize, n: u32): void {
  quantizeWide(q, to, 0, n, n);
}

/** q · key for each of `count` keys, q as `quantizeQuery` left it. */
export function scoresQ8_0(q: usize, keys: usize, count: u32, headSize: u32, to: usize): void {
  const stride = (headSize >> 5) * BLOCK;
  for (let i: u32 = 0; i < count; i++) store<f32>(to + i * 4, dotQ8_0(keys + i * stride, q, headSize));
}

/** Four signed bytes at `address` as floats, times `factor`, added to `to`. */
// @ts-ignore: decorator
@inline
function addFour(address: usize, factor: v128, to: v128): v128 {
  const words = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(address)));
  return madd(factor, f32x4.convert_i32x4_s(words), to);
}

/** out = carried * out + Σ weight[i] * value[i]: a block of 32 columns at a time stays in registers. */
export function addWeightedQ8_0(
  values: usize,
  count: u32,
  headSize: u32,
  weights: usize,
  carried: f32,
  out: usize,
): void {
  const stride = (headSize >> 5) * BLOCK;
  const factor = f32x4.splat(carried);
  for (let block: u32 = 0; block < headSize >> 5; block++) {
    const to = out + block * 128;
    let a0 = f32x4.mul(v128.load(to), factor);
    let a1 = f32x4.mul(v128.load(to, 16), factor);
    let a2 = f32x4.mul(v128.load(to, 32), factor);
    let a3 = f32x4.mul(v128.load(to, 48), factor);
    let a4 = f32x4.mul(v128.load(to, 64), factor);
    let a5 = f32x4.mul(v128.load(to, 80), factor);
    let a6 = f32x4.mul(v128.load(to, 96), factor);
    let a7 = f32x4.mul(v128.load(to, 112), factor);
    let value = values + block * BLOCK;
    for (let i: u32 = 0; i < count; i++, value += stride) {
      const w = f32x4.splat(load<f32>(weights + i * 4) * halfAt(value));
      a0 = addFour(value + 2, w, a0);
      a1 = addFour(value + 6, w, a1);
      a2 = addFour(value + 10, w, a2);
      a3 = addFour(value + 14, w, a3);
      a4 = addFour(value + 18, w, a4);
      a5 = addFour(value + 22, w, a5);
      a6 = addFour(value + 26, w, a6);
      a7 = addFour(value + 30, w, a7);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
    v128.store(to, a4, 64);
    v128.store(to, a5, 80);
    v128.store(to, a6, 96);
    v128.store(to, a7, 112);
  }
}
