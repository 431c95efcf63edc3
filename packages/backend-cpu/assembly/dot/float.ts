// Dot products of F32, F16 and BF16 rows with float32 columns.
//
// Here and in the other files of this folder, one column and four give bit for bit the same: results do not depend on
// how tokens are batched.
import { halfToF32, madd, sumF32 } from '../simd';

/** Stands for the type F16 where a function is generic over how a row is stored. */
export type F16 = u16;
/** Stands for BF16. */
export type BF16 = i16;

/** Four stored values as float32. */
// @ts-ignore: decorator
@inline
function load4<T extends number>(address: usize): v128 {
  if (sizeof<T>() == 4) return v128.load(address);
  const bits = v128.load16x4_u(address);
  return isSigned<T>() ? i32x4.shl(bits, 16) : halfToF32(bits);
}

/** One stored value as float32. */
// @ts-ignore: decorator
@inline
function load1<T extends number>(address: usize): f32 {
  if (sizeof<T>() == 4) return load<f32>(address);
  const bits = i32x4.splat(load<u16>(address));
  return f32x4.extract_lane(isSigned<T>() ? i32x4.shl(bits, 16) : halfToF32(bits), 0);
}

/** w · x over n values. */
export function dotFloat<T extends number>(w: usize, x: usize, n: u32): f32 {
  let a = f32x4.splat(0), b = a;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    a = madd(load4<T>(w), v128.load(x), a);
    b = madd(load4<T>(w + 4 * sizeof<T>()), v128.load(x, 16), b);
    w += 8 * sizeof<T>();
    x += 32;
  }
  let sum = sumF32(f32x4.add(a, b));
  for (; i < n; i++) {
    sum += load1<T>(w) * load<f32>(x);
    w += sizeof<T>();
    x += 4;
  }
  return sum;
}

/** One row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotFloat4<T extends number>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const stride3 = stride * 3;
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    const low = load4<T>(w);
    a0 = madd(low, v128.load(x), a0);
    a1 = madd(low, v128.load(x + stride), a1);
    a2 = madd(low, v128.load(x + 2 * stride), a2);
    a3 = madd(low, v128.load(x + stride3), a3);
    const high = load4<T>(w + 4 * sizeof<T>());
    b0 = madd(high, v128.load(x, 16), b0);
    b1 = madd(high, v128.load(x + stride, 16), b1);
    b2 = madd(high, v128.load(x + 2 * stride, 16), b2);
    b3 = madd(high, v128.load(x + stride3, 16), b3);
    w += 8 * sizeof<T>();
    x += 32;
  }
  let s0 = sumF32(f32x4.add(a0, b0));
  let s1 = sumF32(f32x4.add(a1, b1));
  let s2 = sumF32(f32x4.add(a2, b2));
  let s3 = sumF32(f32x4.add(a3, b3));
  for (; i < n; i++) {
    const value = load1<T>(w);
    s0 += value * load<f32>(x);
    s1 += value * load<f32>(x + stride);
    s2 += value * load<f32>(x + 2 * stride);
    s3 += value * load<f32>(x + stride3);
    w += sizeof<T>();
    x += 4;
  }
  store<f32>(out, s0);
  store<f32>(out + outStride, s1);
  store<f32>(out + 2 * outStride, s2);
  store<f32>(out + 3 * outStride, s3);
}
