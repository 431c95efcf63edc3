// Products of the formats on uneven levels, IQ4_NL and IQ4_XS: runs of 32 four-bit level numbers in 16 bytes, the low halves
// first, and a scale for each run. Columns: INPUT_Q8_32_WIDE, since the levels take all of a signed byte.
//
// For many columns a row is unpacked before: levels as signed bytes, then a float32 scale for each run. Both forms give the
// same bits.
import { highNibbles, lookup, lowNibbles, madd, scaledRun, sumF32, sumsI32 } from '../simd';

/** The level of each number: ggml's kvalues_iq4nl. */
const LEVELS = memory.data<i8>([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]);

/** The levels of 16 numbers. */
// @ts-ignore: decorator
@inline
function level(numbers: v128): v128 {
  return lookup(v128.load(LEVELS), numbers);
}

/** Partial sums of 16 signed bytes with 16 int16 values at x. */
// @ts-ignore: decorator
@inline
function products(levels: v128, x: usize): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(levels), v128.load(x)),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(levels), v128.load(x, 16)),
  );
}

/** Partial sums of a run: its 16 bytes with 32 int16 values at x. */
// @ts-ignore: decorator
@inline
export function dotRun(bytes: v128, x: usize): v128 {
  return i32x4.add(products(level(lowNibbles(bytes)), x), products(level(highNibbles(bytes)), x + 32));
}

/** The addend of four runs, `stride` bytes apart, to a column. */
// @ts-ignore: decorator
@inline
export function dotFourRuns(w: usize, stride: usize, x: usize, scales: v128, xScales: usize, to: v128): v128 {
  const sums = sumsI32(
    dotRun(v128.load(w), x),
    dotRun(v128.load(w + stride), x + 64),
    dotRun(v128.load(w + 2 * stride), x + 128),
    dotRun(v128.load(w + 3 * stride), x + 192),
  );
  return madd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, v128.load(xScales)), to);
}

/** Unpacks the levels of a run to `to`. */
// @ts-ignore: decorator
@inline
export function unpackRun(w: usize, to: usize): void {
  const bytes = v128.load(w);
  v128.store(to, level(lowNibbles(bytes)));
  v128.store(to, level(highNibbles(bytes)), 16);
}

/** Partial sums of 32 signed bytes at w with 32 int16 values at x. */
// @ts-ignore: decorator
@inline
function unpackedRun(w: usize, x: usize): v128 {
  const a = i32x4.dot_i16x8_s(v128.load8x8_s(w), v128.load(x));
  const b = i32x4.dot_i16x8_s(v128.load8x8_s(w, 8), v128.load(x, 16));
  const c = i32x4.dot_i16x8_s(v128.load8x8_s(w, 16), v128.load(x, 32));
  const d = i32x4.dot_i16x8_s(v128.load8x8_s(w, 24), v128.load(x, 48));
  return i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
}

/** The addend of four unpacked runs to a column. */
// @ts-ignore: decorator
@inline
function fourUnpacked(w: usize, x: usize, scales: v128, xScales: usize, to: v128): v128 {
  const sums = sumsI32(
    unpackedRun(w, x),
    unpackedRun(w + 32, x + 64),
    unpackedRun(w + 64, x + 128),
    unpackedRun(w + 96, x + 192),
  );
  return madd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, v128.load(xScales)), to);
}

/** One unpacked row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotUnpackedLevelsx4(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const stride2 = stride * 2;
  const stride3 = stride * 3;
  let scales = w + n;
  let xScales = x + n * 2;
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let groups = n >> 7; groups > 0; groups--) {
    const d = v128.load(scales);
    t0 = fourUnpacked(w, x, d, xScales, t0);
    t1 = fourUnpacked(w, x + stride, d, xScales + stride, t1);
    t2 = fourUnpacked(w, x + stride2, d, xScales + stride2, t2);
    t3 = fourUnpacked(w, x + stride3, d, xScales + stride3, t3);
    w += 128;
    scales += 16;
    x += 256;
    xScales += 16;
  }
  for (let runs = (n >> 5) & 3; runs > 0; runs--) {
    const d = load<f32>(scales);
    t0 = scaledRun(unpackedRun(w, x), d, xScales, t0);
    t1 = scaledRun(unpackedRun(w, x + stride), d, xScales + stride, t1);
    t2 = scaledRun(unpackedRun(w, x + stride2), d, xScales + stride2, t2);
    t3 = scaledRun(unpackedRun(w, x + stride3), d, xScales + stride3, t3);
    w += 32;
    scales += 4;
    x += 64;
    xScales += 4;
  }
  store<f32>(out, sumF32(t0));
  store<f32>(out + outStride, sumF32(t1));
  store<f32>(out + 2 * outStride, sumF32(t2));
  store<f32>(out + 3 * outStride, sumF32(t3));
}
