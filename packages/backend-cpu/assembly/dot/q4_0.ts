// Dot products of Q4_0 rows: blocks of a float16 scale and 32 four-bit values less 8, the low halves of 16 bytes first.
// Four blocks at a time, so that their scales and sums meet in one vector. Columns: INPUT_Q8_32.
import { dotPairs, halfAt, halvesAt, madd, sumF32, sumI32, sumsI32 } from '../simd';

const BLOCK: usize = 18;

/** The low four bits of each byte. */
// @ts-ignore: decorator
@inline
function low(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(0x0f));
}

/** The high four bits of each byte. */
// @ts-ignore: decorator
@inline
function high(bytes: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(0x0f));
}

/** Partial sums of one block, unpacked, with 32 values at x. */
// @ts-ignore: decorator
@inline
function block(lows: v128, highs: v128, x: usize): v128 {
  const pairs = i16x8.add(dotPairs(v128.load(x), lows), dotPairs(v128.load(x, 16), highs));
  return i32x4.extadd_pairwise_i16x8_s(pairs);
}

/** What four blocks add to a column: their integer sums, less 8 for each value, times both scales. */
// @ts-ignore: decorator
@inline
function scaled(sums: v128, d: v128, xScales: usize, xSums: usize, to: v128): v128 {
  const centered = i32x4.sub(sums, i32x4.shl(v128.load(xSums), 3));
  return madd(f32x4.convert_i32x4_s(centered), f32x4.mul(d, v128.load(xScales)), to);
}

/** What the last one to three blocks of a row add, one at a time. */
function tail(w: usize, x: usize, blocks: u32, xScales: usize, xSums: usize): f32 {
  let sum: f32 = 0;
  for (let i: u32 = 0; i < blocks; i++) {
    const bytes = v128.load(w, 2);
    const dot = sumI32(block(low(bytes), high(bytes), x)) - (load<i32>(xSums) << 3);
    sum += <f32>dot * (halfAt(w) * load<f32>(xScales));
    w += BLOCK;
    x += 32;
    xScales += 4;
    xSums += 4;
  }
  return sum;
}

/** w · x over n values. */
export function dotQ4_0(w: usize, x: usize, n: u32): f32 {
  let xScales = x + n;
  let xSums = xScales + (n >> 3);
  const groups = n >> 7;
  let sum = f32x4.splat(0);
  for (let i: u32 = 0; i < groups; i++) {
    const b0 = v128.load(w, 2);
    const b1 = v128.load(w, 2 + BLOCK);
    const b2 = v128.load(w, 2 + 2 * BLOCK);
    const b3 = v128.load(w, 2 + 3 * BLOCK);
    const sums = sumsI32(
      block(low(b0), high(b0), x),
      block(low(b1), high(b1), x + 32),
      block(low(b2), high(b2), x + 64),
      block(low(b3), high(b3), x + 96),
    );
    sum = scaled(sums, halvesAt(w, BLOCK), xScales, xSums, sum);
    w += 4 * BLOCK;
    x += 128;
    xScales += 16;
    xSums += 16;
  }
  return sumF32(sum) + tail(w, x, (n >> 5) & 3, xScales, xSums);
}

/** One row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotQ4_0x4(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  let xScales = x + n;
  const sumsOffset: usize = n >> 3;
  const groups = n >> 7;
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let i: u32 = 0; i < groups; i++) {
    const b0 = v128.load(w, 2);
    const b1 = v128.load(w, 2 + BLOCK);
    const b2 = v128.load(w, 2 + 2 * BLOCK);
    const b3 = v128.load(w, 2 + 3 * BLOCK);
    const l0 = low(b0), l1 = low(b1), l2 = low(b2), l3 = low(b3);
    const h0 = high(b0), h1 = high(b1), h2 = high(b2), h3 = high(b3);
    const d = halvesAt(w, BLOCK);
    let c = x;
    let cs = xScales;
    s0 = scaled(sumsI32(block(l0, h0, c), block(l1, h1, c + 32), block(l2, h2, c + 64), block(l3, h3, c + 96)), d, cs, cs + sumsOffset, s0);
    c += stride;
    cs += stride;
    s1 = scaled(sumsI32(block(l0, h0, c), block(l1, h1, c + 32), block(l2, h2, c + 64), block(l3, h3, c + 96)), d, cs, cs + sumsOffset, s1);
    c += stride;
    cs += stride;
    s2 = scaled(sumsI32(block(l0, h0, c), block(l1, h1, c + 32), block(l2, h2, c + 64), block(l3, h3, c + 96)), d, cs, cs + sumsOffset, s2);
    c += stride;
    cs += stride;
    s3 = scaled(sumsI32(block(l0, h0, c), block(l1, h1, c + 32), block(l2, h2, c + 64), block(l3, h3, c + 96)), d, cs, cs + sumsOffset, s3);
    w += 4 * BLOCK;
    x += 128;
    xScales += 16;
  }
  const rest = (n >> 5) & 3;
  const xSums = xScales + sumsOffset;
  store<f32>(out, sumF32(s0) + tail(w, x, rest, xScales, xSums));
  store<f32>(out + outStride, sumF32(s1) + tail(w, x + stride, rest, xScales + stride, xSums + stride));
  store<f32>(out + 2 * outStride, sumF32(s2) + tail(w, x + 2 * stride, rest, xScales + 2 * stride, xSums + 2 * stride));
  store<f32>(out + 3 * outStride, sumF32(s3) + tail(w, x + 3 * stride, rest, xScales + 3 * stride, xSums + 3 * stride));
}
