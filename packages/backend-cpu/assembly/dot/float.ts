// Dot products of F32, F16 and BF16 rows with float32 columns.
//
// In all files of this folder, the result of a column has the same bits for one column and for several columns: results do
// not depend on how tokens are batched.
import { halfToF32, madd, sumF32 } from '../simd';

const HALF_PLACE = memory.data<u32>([0x8fffffff]);
const HALF_REBIAS = memory.data<u32>([0x77800000]);

/** Stands for the type F16 in functions that are generic over the storage type of a row. */
export type F16 = u16;
/** Stands for BF16. */
export type BF16 = i16;

/** Four of the eight 16-bit values in `bits`, the first or the last, as float32; a half that is not finite comes out wrong. */
// @ts-ignore: decorator
@inline
function widen<T extends number>(bits: v128, last: bool): v128 {
  const zero = i32x4.splat(0);
  // Each value in the upper half of its lane: a BF16 is then a float32.
  const high = last
    ? v128.shuffle<i16>(zero, bits, 4, 12, 5, 13, 6, 14, 7, 15)
    : v128.shuffle<i16>(zero, bits, 0, 8, 1, 9, 2, 10, 3, 11);
  if (isSigned<T>()) return high;
  // Sign, exponent and mantissa of a half, at their places in a float32, are the value times 2^-112.
  const placed = v128.and(i32x4.shr_s(high, 3), v128.load32_splat(HALF_PLACE));
  return f32x4.mul(placed, v128.load32_splat(HALF_REBIAS));
}

/** The larger magnitudes, lane by lane, of the halves seen so far and those in `bits`. */
// @ts-ignore: decorator
@inline
function larger<T extends number>(seen: v128, bits: v128): v128 {
  return isSigned<T>() ? seen : i16x8.max_u(seen, i16x8.shl(bits, 1));
}

/** NaN if one of the halves so far was an infinity or NaN, else 0. Added to a row's sum, it makes the sum NaN. */
// @ts-ignore: decorator
@inline
function notFinite(seen: v128): f32 {
  return v128.any_true(i16x8.gt_u(seen, i16x8.splat(<i16>0xf7ff))) ? NaN : 0;
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
  let a = f32x4.splat(0), b = a, seen = a;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    const bits = v128.load(w);
    if (sizeof<T>() == 4) {
      a = madd(bits, v128.load(x), a);
      b = madd(v128.load(w, 16), v128.load(x, 16), b);
    } else {
      a = madd(widen<T>(bits, false), v128.load(x), a);
      b = madd(widen<T>(bits, true), v128.load(x, 16), b);
      seen = larger<T>(seen, bits);
    }
    w += 8 * sizeof<T>();
    x += 32;
  }
  let sum = sumF32(f32x4.add(a, b)) + notFinite(seen);
  for (; i < n; i++) {
    sum += load1<T>(w) * load<f32>(x);
    w += sizeof<T>();
    x += 4;
  }
  return sum;
}

/** One row with C columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotFloats<T extends number, C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const columns = changetype<C>(0).columns();
  if (columns == 1) {
    store<f32>(out, dotFloat<T>(w, x, n));
    return;
  }
  const stride3 = stride * 3;
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0, seen = a0;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    const bits = v128.load(w);
    const low = sizeof<T>() == 4 ? bits : widen<T>(bits, false);
    a0 = madd(low, v128.load(x), a0);
    a1 = madd(low, v128.load(x + stride), a1);
    if (columns > 2) a2 = madd(low, v128.load(x + 2 * stride), a2);
    if (columns > 3) a3 = madd(low, v128.load(x + stride3), a3);
    const high = sizeof<T>() == 4 ? v128.load(w, 16) : widen<T>(bits, true);
    b0 = madd(high, v128.load(x, 16), b0);
    b1 = madd(high, v128.load(x + stride, 16), b1);
    if (columns > 2) b2 = madd(high, v128.load(x + 2 * stride, 16), b2);
    if (columns > 3) b3 = madd(high, v128.load(x + stride3, 16), b3);
    if (sizeof<T>() == 2) seen = larger<T>(seen, bits);
    w += 8 * sizeof<T>();
    x += 32;
  }
  const extra = notFinite(seen);
  let s0 = sumF32(f32x4.add(a0, b0)) + extra;
  let s1 = sumF32(f32x4.add(a1, b1)) + extra;
  let s2 = sumF32(f32x4.add(a2, b2)) + extra;
  let s3 = sumF32(f32x4.add(a3, b3)) + extra;
  for (; i < n; i++) {
    const value = load1<T>(w);
    s0 += value * load<f32>(x);
    s1 += value * load<f32>(x + stride);
    if (columns > 2) s2 += value * load<f32>(x + 2 * stride);
    if (columns > 3) s3 += value * load<f32>(x + stride3);
    w += sizeof<T>();
    x += 4;
  }
  store<f32>(out, s0);
  store<f32>(out + outStride, s1);
  if (columns > 2) store<f32>(out + 2 * outStride, s2);
  if (columns > 3) store<f32>(out + 3 * outStride, s3);
}
