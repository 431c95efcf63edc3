// Small vector helpers that all kernels share; the one place where the relaxed and the plain SIMD build differ.

// V8 (Node 24) builds a v128 constant anew at each use, in three or four instructions; loading it from memory takes one. The
// constants took up to half of an inner loop, so constants for the loops of `dot/` lie in memory: one word for four equal
// lanes, else 16 bytes.
const NIBBLES = memory.data<u32>([0x0f0f0f0f]);
const HALF_MAGNITUDE = memory.data<u32>([0x7fff]);
const HALF_SIGN = memory.data<u32>([0x8000]);
const HALF_LARGEST = memory.data<u32>([0x0f7fffff]);
const HALF_REBIAS = memory.data<u32>([0x38000000]);
const HALF_LEAST = memory.data<u32>([0x38800000]);
const HALF_TINY = memory.data<u32>([0x00800000]);
const HALF_MOVED = memory.data<u32>([0x8fffe000]);
const HALF_EXPONENT = memory.data<u32>([0x0f800000]);
const TWO_TO_112 = memory.data<u32>([0x77800000]);
const F32_EXPONENT = memory.data<u32>([0x7f800000]);

/** a * b + c; with one rounding in the relaxed build. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** c - a * b; with one rounding in the relaxed build. */
// @ts-ignore: decorator
@inline
export function nmadd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(a, b, c);
  return f32x4.sub(c, f32x4.mul(a, b));
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

/** `to` plus the integer sums of a run of 32 values, multiplied by the scale of the row's run and of the column's run. */
// @ts-ignore: decorator
@inline
export function scaledRun(sums: v128, scale: f32, xScale: usize, to: v128): v128 {
  return madd(f32x4.convert_i32x4_s(sums), f32x4.splat(scale * load<f32>(xScale)), to);
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
 * Lane i of the result is the sum of the int16 lanes of the i-th argument. Any two lanes of one argument, added, must fit
 * 16 bits.
 */
// @ts-ignore: decorator
@inline
export function sumsI16(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.extadd_pairwise_i16x8_s(
    i16x8.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3)),
  );
  const cd = i32x4.extadd_pairwise_i16x8_s(
    i16x8.add(v128.shuffle<i64>(c, d, 0, 2), v128.shuffle<i64>(c, d, 1, 3)),
  );
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** The entries of a table of 16 bytes at indices below 16, and 0 at those with the sign bit set. */
// @ts-ignore: decorator
@inline
export function lookup(table: v128, indices: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, indices);
  return i8x16.swizzle(table, indices);
}

/** The low four bits of each byte. */
// @ts-ignore: decorator
@inline
export function lowNibbles(bytes: v128): v128 {
  return v128.and(bytes, v128.load32_splat(NIBBLES));
}

/** The high four bits of each byte. */
// @ts-ignore: decorator
@inline
export function highNibbles(bytes: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), v128.load32_splat(NIBBLES));
}

/**
 * Four float16 values in the low halves of four 32-bit lanes, as float32. Exponent and mantissa are moved into place and 112
 * is added to the exponent; infinities and NaN get the largest exponent. For exponent 0, one more is added and then 2^-14
 * subtracted: multiplying a denormal number instead would cost about a hundred cycles, and most scales of Q4_K and Q6_K
 * are that small. The high halves of the lanes are ignored.
 */
// @ts-ignore: decorator
@inline
export function halfToF32(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, v128.load32_splat(HALF_MAGNITUDE)), 13);
  const sign = i32x4.shl(v128.and(bits, v128.load32_splat(HALF_SIGN)), 16);
  const isSpecial = i32x4.gt_s(magnitude, v128.load32_splat(HALF_LARGEST));
  const special = v128.and(isSpecial, v128.load32_splat(F32_EXPONENT));
  const normal = i32x4.add(magnitude, v128.load32_splat(HALF_REBIAS));
  const least = v128.load32_splat(HALF_LEAST);
  const tiny = f32x4.sub(i32x4.add(magnitude, least), least);
  const isTiny = i32x4.lt_s(magnitude, v128.load32_splat(HALF_TINY));
  return v128.or(v128.or(v128.bitselect(tiny, normal, isTiny), sign), special);
}

/**
 * Four float16 values in the high halves of four 32-bit lanes, as float32, with half the instructions: exponent and mantissa
 * are moved into place, then multiplied by 2^112. Exact but slow for denormal numbers. The low halves of the lanes are ignored.
 */
// @ts-ignore: decorator
@inline
export function highHalfToF32(bits: v128): v128 {
  const moved = v128.and(i32x4.shr_s(bits, 3), v128.load32_splat(HALF_MOVED));
  const exponent = v128.load32_splat(HALF_EXPONENT);
  const isSpecial = i32x4.eq(v128.and(moved, exponent), exponent);
  const special = v128.and(isSpecial, v128.load32_splat(F32_EXPONENT));
  return v128.or(f32x4.mul(moved, v128.load32_splat(TWO_TO_112)), special);
}

/** The float16 value with these bits as float32. */
// @ts-ignore: decorator
@inline
export function halfFromBits(bits: u32): f32 {
  return f32x4.extract_lane(halfToF32(i32x4.splat(bits)), 0);
}

/** One float16 value as float32. */
// @ts-ignore: decorator
@inline
export function halfAt(address: usize): f32 {
  return f32x4.extract_lane(halfToF32(v128.load16_splat(address)), 0);
}

/** A float32 value, not negative, as the bits of the nearest float16; ties to even. */
export function halfFromF32(value: f32): u16 {
  const bits = reinterpret<u32>(value);
  if (bits > 0x7f800000) return 0x7e00;
  if (bits >= 0x477ff000) return 0x7c00;
  // Below 2^-14 a half is a whole number of 2^-24.
  if (bits < 0x38800000) return <u16>nearest<f32>(value * 16777216);
  return <u16>((bits + 0xfff + ((bits >> 13) & 1) - 0x38000000) >> 13);
}

/** Two float16 values, one after the other, as float32 in lanes 0 and 1. */
// @ts-ignore: decorator
@inline
export function halfPairAt(address: usize): v128 {
  return halfToF32(i32x4.extend_low_i16x8_u(v128.load32_zero(address)));
}

/** Four 32-bit words that are `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function wordsAt(address: usize, stride: usize): v128 {
  let words = v128.load32_zero(address);
  words = v128.load32_lane(address + stride, words, 1);
  words = v128.load32_lane(address + 2 * stride, words, 2);
  return v128.load32_lane(address + 3 * stride, words, 3);
}

/** Four float16 values that are `stride` bytes apart, as float32: the scales of four blocks. */
// @ts-ignore: decorator
@inline
export function halvesAt(address: usize, stride: usize): v128 {
  let bits = v128.load16_lane(address, i32x4.splat(0), 1);
  bits = v128.load16_lane(address + stride, bits, 3);
  bits = v128.load16_lane(address + 2 * stride, bits, 5);
  return highHalfToF32(v128.load16_lane(address + 3 * stride, bits, 7));
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

/** tanh x = 1 - 2 / (e^2x + 1); near 0, where that loses digits, its series up to x⁵. */
// @ts-ignore: decorator
@inline
export function tanhF32(x: v128): v128 {
  const one = f32x4.splat(1);
  const squares = f32x4.mul(x, x);
  const inner = madd(squares, f32x4.splat(2.0 / 15.0), f32x4.splat(-1.0 / 3.0));
  const near = f32x4.mul(x, madd(squares, inner, one));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(expF32(f32x4.add(x, x)), one)));
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.1)));
}

/**
 * ln(1 + x) for four values from 0 to 1, within a few units in the last place: with s = x / (2 + x) it is 2 artanh s, whose
 * series is 2 (s + s³/3 + s⁵/5 + …), s being at most 1/3.
 */
// @ts-ignore: decorator
@inline
export function log1pF32(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(x, f32x4.splat(2)));
  const squares = f32x4.mul(s, s);
  let p = f32x4.splat(1.0 / 13.0);
  p = f32x4.add(f32x4.mul(p, squares), f32x4.splat(1.0 / 11.0));
  p = f32x4.add(f32x4.mul(p, squares), f32x4.splat(1.0 / 9.0));
  p = f32x4.add(f32x4.mul(p, squares), f32x4.splat(1.0 / 7.0));
  p = f32x4.add(f32x4.mul(p, squares), f32x4.splat(1.0 / 5.0));
  p = f32x4.add(f32x4.mul(p, squares), f32x4.splat(1.0 / 3.0));
  const s2 = f32x4.add(s, s);
  return f32x4.add(s2, f32x4.mul(s2, f32x4.mul(p, squares)));
}
