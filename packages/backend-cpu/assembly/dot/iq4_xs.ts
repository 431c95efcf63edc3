// IQ4_XS: blocks of 256 level numbers in runs of 32; a float16 scale for all, then 2 bytes of high and 4 bytes of low bits of
// each run's 6-bit scale, which is less 32, then the numbers; see levels.ts.
import { halfAt, lookup, sumF32 } from '../simd';
import { dotFourRuns, unpackRun } from './levels';

const BLOCK: usize = 136;
const NUMBERS: usize = 8;

/** For each run, the index of the byte, among four, with the low bits of the run's scale, and an empty byte. */
const LOW_BYTES = memory.data<u8>([0, 4, 0, 4, 1, 4, 1, 4, 2, 4, 2, 4, 3, 4, 3, 4]);
/** Multiplications that shift each lane by its own number of bits, so that the wanted bits are the highest. */
const LOW_SHIFTS = memory.data<u16>([16, 1, 16, 1, 16, 1, 16, 1]);
const HIGH_SHIFTS = memory.data<u16>([1 << 14, 1 << 12, 1 << 10, 1 << 8, 1 << 6, 1 << 4, 1 << 2, 1]);
const FIFTEENS = memory.data<u32>([0x000f000f]);
const THIRTY_TWOS = memory.data<u32>([0x00200020]);

/** The scales of the eight runs, as int16, without the block's. */
// @ts-ignore: decorator
@inline
function runScales(w: usize): v128 {
  const bytes = lookup(v128.load32_zero(w, 4), v128.load(LOW_BYTES));
  const low = i16x8.shr_u(i16x8.mul(bytes, v128.load(LOW_SHIFTS)), 4);
  const high = i16x8.shr_u(i16x8.mul(v128.load16_splat(w, 2), v128.load(HIGH_SHIFTS)), 14);
  const scales = v128.or(v128.and(low, v128.load32_splat(FIFTEENS)), i16x8.shl(high, 4));
  return i16x8.sub(scales, v128.load32_splat(THIRTY_TWOS));
}

/** Scales of the first four runs, as float32. */
// @ts-ignore: decorator
@inline
function firstScales(scales: v128, d: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(scales)), d);
}

/** Scales of the last four runs, as float32. */
// @ts-ignore: decorator
@inline
function lastScales(scales: v128, d: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(scales)), d);
}

/** The addend of the block at w to a column, with the scales of the block's first and last four runs. */
// @ts-ignore: decorator
@inline
function dotBlock(w: usize, x: usize, first: v128, last: v128, xScales: usize, to: v128): v128 {
  to = dotFourRuns(w + NUMBERS, 16, x, first, xScales, to);
  return dotFourRuns(w + NUMBERS + 64, 16, x + 256, last, xScales + 16, to);
}

/** One row with C columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotIQ4_XS<C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const columns = changetype<C>(0).columns();
  const stride2 = stride * 2;
  const stride3 = stride * 3;
  let xScales = x + n * 2;
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    const d = f32x4.splat(halfAt(w));
    const scales = runScales(w);
    const first = firstScales(scales, d), last = lastScales(scales, d);
    t0 = dotBlock(w, x, first, last, xScales, t0);
    if (columns > 1) t1 = dotBlock(w, x + stride, first, last, xScales + stride, t1);
    if (columns > 2) t2 = dotBlock(w, x + stride2, first, last, xScales + stride2, t2);
    if (columns > 3) t3 = dotBlock(w, x + stride3, first, last, xScales + stride3, t3);
    w += BLOCK;
    x += 512;
    xScales += 32;
  }
  store<f32>(out, sumF32(t0));
  if (columns > 1) store<f32>(out + outStride, sumF32(t1));
  if (columns > 2) store<f32>(out + 2 * outStride, sumF32(t2));
  if (columns > 3) store<f32>(out + 3 * outStride, sumF32(t3));
}

/** Unpacks a row of n values to `to`. */
export function unpackIQ4_XS(w: usize, to: usize, n: u32): void {
  let toScales = to + n;
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    for (let run: usize = 0; run < 8; run++) unpackRun(w + NUMBERS + run * 16, to + run * 32);
    const d = f32x4.splat(halfAt(w));
    const scales = runScales(w);
    v128.store(toScales, firstScales(scales, d));
    v128.store(toScales, lastScales(scales, d), 16);
    w += BLOCK;
    to += 256;
    toScales += 32;
  }
}
