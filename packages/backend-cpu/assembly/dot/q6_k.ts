// Dot products of Q6_K rows: super-blocks of 256 six-bit values less 32 in 16 groups, with a signed byte of scale a group
// and a float16 scale for all: 128 bytes of low four bits, 64 of high two, 16 scales, 1 half. Columns: INPUT_Q8_256.
import { dotPairs, halfAt, madd, sumF32 } from '../simd';

const BLOCK: usize = 210;
const HIGH_BITS: usize = 128;
const SCALES: usize = 192;
const SCALE: usize = 208;

/** The six-bit values of group 0 to 3 of the eight that share these bytes: low bits a or b, high bits h. */
// @ts-ignore: decorator
@inline
function group(index: i32, a: v128, b: v128, h: v128): v128 {
  const nibble = i8x16.splat(0x0f);
  if (index == 0) return v128.or(v128.and(a, nibble), i16x8.shl(v128.and(h, i8x16.splat(0x03)), 4));
  if (index == 1) return v128.or(v128.and(b, nibble), i16x8.shl(v128.and(h, i8x16.splat(0x0c)), 2));
  if (index == 2) return v128.or(v128.and(i16x8.shr_u(a, 4), nibble), v128.and(h, i8x16.splat(0x30)));
  return v128.or(v128.and(i16x8.shr_u(b, 4), nibble), i16x8.shr_u(v128.and(h, i8x16.splat(<i8>0xc0)), 2));
}

/** Products of 16 six-bit values with 16 bytes at x, times the group's scale. */
// @ts-ignore: decorator
@inline
function scaledDot(values: v128, scale: v128, x: usize, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(dotPairs(v128.load(x), values), scale));
}

/** 32 for each value, times scales: what the six-bit values have too much. */
// @ts-ignore: decorator
@inline
function offset(w: usize, xSums: usize): v128 {
  const a = i32x4.dot_i16x8_s(v128.load8x8_s(w, SCALES), v128.load(xSums));
  const b = i32x4.dot_i16x8_s(v128.load8x8_s(w, SCALES + 8), v128.load(xSums, 16));
  return i32x4.shl(i32x4.add(a, b), 5);
}

/** w · x over n values. */
export function dotQ6_K(w: usize, x: usize, n: u32): f32 {
  let xScales = x + n;
  let xSums = xScales + (n >> 6);
  let total = f32x4.splat(0);
  for (let i: u32 = 0; i < n; i += 256) {
    let sum = i32x4.splat(0);
    for (let part: usize = 0; part < 4; part++) {
      // Parts 0 and 1 are the two 16-byte columns of the first 128 values, 2 and 3 of the second.
      const low = w + (part >> 1) * 64 + (part & 1) * 16;
      const a = v128.load(low), b = v128.load(low, 32), h = v128.load(w + HIGH_BITS + part * 16);
      const scale = w + SCALES + (part >> 1) * 8 + (part & 1);
      const to = x + (part >> 1) * 128 + (part & 1) * 16;
      sum = scaledDot(group(0, a, b, h), i16x8.splat(load<i8>(scale)), to, sum);
      sum = scaledDot(group(1, a, b, h), i16x8.splat(load<i8>(scale, 2)), to + 32, sum);
      sum = scaledDot(group(2, a, b, h), i16x8.splat(load<i8>(scale, 4)), to + 64, sum);
      sum = scaledDot(group(3, a, b, h), i16x8.splat(load<i8>(scale, 6)), to + 96, sum);
    }
    const centered = f32x4.convert_i32x4_s(i32x4.sub(sum, offset(w, xSums)));
    total = madd(centered, f32x4.splat(halfAt(w + SCALE) * load<f32>(xScales)), total);
    w += BLOCK;
    x += 256;
    xScales += 4;
    xSums += 32;
  }
  return sumF32(total);
}

/** One row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotQ6_Kx4(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  let xScales = x + n;
  let xSums = xScales + (n >> 6);
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let i: u32 = 0; i < n; i += 256) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let part: usize = 0; part < 4; part++) {
      const low = w + (part >> 1) * 64 + (part & 1) * 16;
      const a = v128.load(low), b = v128.load(low, 32), h = v128.load(w + HIGH_BITS + part * 16);
      let scale = w + SCALES + (part >> 1) * 8 + (part & 1);
      let to = x + (part >> 1) * 128 + (part & 1) * 16;
      for (let g = 0; g < 4; g++) {
        const values = g == 0 ? group(0, a, b, h) : g == 1 ? group(1, a, b, h) : g == 2 ? group(2, a, b, h) : group(3, a, b, h);
        const scales = i16x8.splat(load<i8>(scale));
        s0 = scaledDot(values, scales, to, s0);
        s1 = scaledDot(values, scales, to + stride, s1);
        s2 = scaledDot(values, scales, to + 2 * stride, s2);
        s3 = scaledDot(values, scales, to + 3 * stride, s3);
        scale += 2;
        to += 32;
      }
    }
    const d = halfAt(w + SCALE);
    t0 = madd(f32x4.convert_i32x4_s(i32x4.sub(s0, offset(w, xSums))), f32x4.splat(d * load<f32>(xScales)), t0);
    t1 = madd(f32x4.convert_i32x4_s(i32x4.sub(s1, offset(w, xSums + stride))), f32x4.splat(d * load<f32>(xScales + stride)), t1);
    t2 = madd(f32x4.convert_i32x4_s(i32x4.sub(s2, offset(w, xSums + 2 * stride))), f32x4.splat(d * load<f32>(xScales + 2 * stride)), t2);
    t3 = madd(f32x4.convert_i32x4_s(i32x4.sub(s3, offset(w, xSums + 3 * stride))), f32x4.splat(d * load<f32>(xScales + 3 * stride)), t3);
    w += BLOCK;
    x += 256;
    xScales += 4;
    xSums += 32;
  }
  store<f32>(out, sumF32(t0));
  store<f32>(out + outStride, sumF32(t1));
  store<f32>(out + 2 * outStride, sumF32(t2));
  store<f32>(out + 3 * outStride, sumF32(t3));
}
