// Dot products of Q8_0 rows: blocks of a float16 scale and 32 signed bytes. Columns: INPUT_Q8_32_WIDE, since
// multiplying 16-bit values is exact in one instruction, where two signed bytes would need the sign moved about.
import { halfAt, halvesAt, madd, scaledRun, sumF32, sumsI32 } from '../simd';

const BLOCK: usize = 34;

/** Partial sums of the block at w with 32 int16 values at x. */
// @ts-ignore: decorator
@inline
function block(w: usize, x: usize): v128 {
  const a = i32x4.dot_i16x8_s(v128.load8x8_s(w, 2), v128.load(x));
  const b = i32x4.dot_i16x8_s(v128.load8x8_s(w, 10), v128.load(x, 16));
  const c = i32x4.dot_i16x8_s(v128.load8x8_s(w, 18), v128.load(x, 32));
  const d = i32x4.dot_i16x8_s(v128.load8x8_s(w, 26), v128.load(x, 48));
  return i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
}

/** The addend of the four blocks at w to a column. */
// @ts-ignore: decorator
@inline
function fourBlocks(w: usize, x: usize, d: v128, xScales: usize, to: v128): v128 {
  const sums = sumsI32(
    block(w, x),
    block(w + BLOCK, x + 64),
    block(w + 2 * BLOCK, x + 128),
    block(w + 3 * BLOCK, x + 192),
  );
  return madd(f32x4.convert_i32x4_s(sums), f32x4.mul(d, v128.load(xScales)), to);
}

/** One row with C columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotQ8_0<C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const columns = changetype<C>(0).columns();
  let xScales = x + n * 2;
  const groups = n >> 7;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let i: u32 = 0; i < groups; i++) {
    const d = halvesAt(w, BLOCK);
    s0 = fourBlocks(w, x, d, xScales, s0);
    if (columns > 1) s1 = fourBlocks(w, x + stride, d, xScales + stride, s1);
    if (columns > 2) s2 = fourBlocks(w, x + 2 * stride, d, xScales + 2 * stride, s2);
    if (columns > 3) s3 = fourBlocks(w, x + 3 * stride, d, xScales + 3 * stride, s3);
    w += 4 * BLOCK;
    x += 256;
    xScales += 16;
  }
  for (let rest = (n >> 5) & 3; rest > 0; rest--) {
    const d = halfAt(w);
    s0 = scaledRun(block(w, x), d, xScales, s0);
    if (columns > 1) s1 = scaledRun(block(w, x + stride), d, xScales + stride, s1);
    if (columns > 2) s2 = scaledRun(block(w, x + 2 * stride), d, xScales + 2 * stride, s2);
    if (columns > 3) s3 = scaledRun(block(w, x + 3 * stride), d, xScales + 3 * stride, s3);
    w += BLOCK;
    x += 64;
    xScales += 4;
  }
  store<f32>(out, sumF32(s0));
  if (columns > 1) store<f32>(out + outStride, sumF32(s1));
  if (columns > 2) store<f32>(out + 2 * outStride, sumF32(s2));
  if (columns > 3) store<f32>(out + 3 * outStride, sumF32(s3));
}
