// Small vector helpers that all kernels share; the one place where the relaxed and the plain SIMD build differ.

/** a * b + c, in one rounding where the relaxed build has it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * Products of 16 signed bytes with 16 bytes of at most 7 bits, added in pairs: int16x8 whose lanes sum to the dot product.
 * Which products share a lane differs between builds; no lane overflows.
 */
// @ts-ignore: decorator
@inline
export function dotPairs(signed: v128, sevenBits: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(signed, sevenBits);
  return i16x8.add(
    i16x8.extmul_low_i8x16_s(signed, sevenBits),
    i16x8.extmul_high_i8x16_s(signed, sevenBits),
  );
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumF32(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumI32(v: v128): i32 {
  const pairs = i32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** Lane i of the result is the sum of the lanes of the i-th argument. */
// @ts-ignore: decorator
@inline
export function sumsI32(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

/**
 * Four float16 values in the low halves of four 32-bit lanes, as float32. A half's exponent and mantissa, moved into place,
 * are the value times 2^-112; infinities and NaN get the full exponent back.
 */
// @ts-ignore: decorator
@inline
export function halfToF32(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  const special = v128.and(i32x4.gt_s(magnitude, i32x4.splat(0x0f7fffff)), i32x4.splat(0x7f800000));
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>(0x77800000)));
  return v128.or(v128.or(value, sign), special);
}

/** One float16 value as float32. */
// @ts-ignore: decorator
@inline
export function halfAt(address: usize): f32 {
  return f32x4.extract_lane(halfToF32(v128.load16_splat(address)), 0);
}

/** Four float16 values that are `stride` bytes apart, as float32: the scales of four blocks. */
// @ts-ignore: decorator
@inline
export function halvesAt(address: usize, stride: usize): v128 {
  let bits = v128.load16_lane(address, i32x4.splat(0), 0);
  bits = v128.load16_lane(address + stride, bits, 2);
  bits = v128.load16_lane(address + 2 * stride, bits, 4);
  return halfToF32(v128.load16_lane(address + 3 * stride, bits, 6));
}

/**
 * e^x for four values, within 2 units in the last place between -87 and 88, and clamped outside. Cody-Waite reduction by
 * ln 2, then the polynomial of Cephes' expf.
 */
// @ts-ignore: decorator
@inline
export function expF32(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.3));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, scale);
}
