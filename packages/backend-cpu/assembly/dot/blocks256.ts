// Products of formats whose blocks are 256 values of at most 7 bits in 16 groups, with integer scales and minima of the
// groups and two floats for all, with INPUT_Q8_256 columns: a block is summed in integers.
//
// A format is a class that is never made: `changetype<F>(0)` names it, and its methods, all inlined, are functions of
// addresses; `factors` has d and dMin in its first two lanes. Value i of a block, in group g, is d scale[g] q[i] - dMin minimum[g].
//
// For few columns a row is unpacked during the product, once for up to four columns. For many columns the row is unpacked
// before, in blocks as described below. Both give the same bits.
import { dotPairs, lookup, madd, nmadd, sumF32 } from '../simd';

/** Bytes of an unpacked block: 256 of values, 16 int16 scales, 16 int16 minima, then d, dMin and two more float32. */
const UNPACKED: usize = 336;
const SCALES: usize = 256;
const MINIMA: usize = 288;
const FACTORS: usize = 320;

/** The bytes of each of eight int16, twice. */
const LANES = memory.data<u32>([
  0x01000100, 0x03020302, 0x05040504, 0x07060706, 0x09080908, 0x0b0a0b0a, 0x0d0c0d0c, 0x0f0e0f0e,
]);

/** Eight times lane `index` of eight int16. */
// @ts-ignore: decorator
@inline
function lane(v: v128, index: i32): v128 {
  return lookup(v, v128.load32_splat(LANES + index * 4));
}

/** Adds the products of two groups, times their scales: lanes `pair` * 2 and the next of `scales`. */
// @ts-ignore: decorator
@inline
function addPair<F>(w: usize, x: usize, first: i32, pair: i32, scales: v128, sum: v128): v128 {
  const format = changetype<F>(0);
  const a = dotPairs(v128.load(x + (first + pair * 2) * 16), format.values(w, first + pair * 2));
  const b = dotPairs(v128.load(x + (first + pair * 2) * 16 + 16), format.values(w, first + pair * 2 + 1));
  if (format.scaledBy32()) {
    return i32x4.add(sum, i32x4.dot_i16x8_s(i16x8.add(a, b), lane(scales, pair * 2)));
  }
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(a, lane(scales, pair * 2)));
  return i32x4.add(sum, i32x4.dot_i16x8_s(b, lane(scales, pair * 2 + 1)));
}

/** Adds eight groups, from `first` on. */
// @ts-ignore: decorator
@inline
function addHalf<F>(w: usize, x: usize, first: i32, scales: v128, sum: v128): v128 {
  sum = addPair<F>(w, x, first, 0, scales, sum);
  sum = addPair<F>(w, x, first, 1, scales, sum);
  sum = addPair<F>(w, x, first, 2, scales, sum);
  return addPair<F>(w, x, first, 3, scales, sum);
}

/** A block's addend to a column: the groups' products minus the minima times the column's sums. */
// @ts-ignore: decorator
@inline
function scaled(sum: v128, lowMinima: v128, highMinima: v128, factors: v128, xScale: usize, xSums: usize, to: v128): v128 {
  const less = i32x4.add(
    i32x4.dot_i16x8_s(lowMinima, v128.load(xSums)),
    i32x4.dot_i16x8_s(highMinima, v128.load(xSums, 16)),
  );
  const both = f32x4.mul(factors, v128.load32_splat(xScale));
  to = nmadd(f32x4.convert_i32x4_s(less), v128.shuffle<i32>(both, both, 1, 1, 1, 1), to);
  return madd(f32x4.convert_i32x4_s(sum), v128.shuffle<i32>(both, both, 0, 0, 0, 0), to);
}

/** w · x over n values, in a separate loop, which keeps more values in registers. */
function dotOne<F>(w: usize, x: usize, n: u32): f32 {
  const format = changetype<F>(0);
  let xScales = x + n;
  let xSums = xScales + (n >> 6);
  let total = f32x4.splat(0);
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    let sum = addHalf<F>(w, x, 0, format.lowScales(w), i32x4.splat(0));
    sum = addHalf<F>(w, x, 8, format.highScales(w), sum);
    total = scaled(sum, format.lowMinima(w), format.highMinima(w), format.factors(w), xScales, xSums, total);
    w += format.bytes();
    x += 256;
    xScales += 4;
    xSums += 32;
  }
  return sumF32(total);
}

/**
 * One row with C columns `stride` bytes apart; results go `outStride` bytes apart. Each half of a
 * block is multiplied with all columns in turn: its values and scales, common to all columns, just fit the registers.
 */
export function dotBlocks256<F, C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const format = changetype<F>(0);
  const columns = changetype<C>(0).columns();
  if (columns == 1) {
    store<f32>(out, dotOne<F>(w, x, n));
    return;
  }
  const stride2 = stride * 2;
  const stride3 = stride * 3;
  let xScales = x + n;
  let xSums = xScales + (n >> 6);
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    const lowScales = format.lowScales(w);
    s0 = addHalf<F>(w, x, 0, lowScales, s0);
    s1 = addHalf<F>(w, x + stride, 0, lowScales, s1);
    if (columns > 2) s2 = addHalf<F>(w, x + stride2, 0, lowScales, s2);
    if (columns > 3) s3 = addHalf<F>(w, x + stride3, 0, lowScales, s3);
    const highScales = format.highScales(w);
    s0 = addHalf<F>(w, x, 8, highScales, s0);
    s1 = addHalf<F>(w, x + stride, 8, highScales, s1);
    if (columns > 2) s2 = addHalf<F>(w, x + stride2, 8, highScales, s2);
    if (columns > 3) s3 = addHalf<F>(w, x + stride3, 8, highScales, s3);
    const low = format.lowMinima(w), high = format.highMinima(w);
    const factors = format.factors(w);
    t0 = scaled(s0, low, high, factors, xScales, xSums, t0);
    t1 = scaled(s1, low, high, factors, xScales + stride, xSums + stride, t1);
    if (columns > 2) t2 = scaled(s2, low, high, factors, xScales + stride2, xSums + stride2, t2);
    if (columns > 3) t3 = scaled(s3, low, high, factors, xScales + stride3, xSums + stride3, t3);
    w += format.bytes();
    x += 256;
    xScales += 4;
    xSums += 32;
  }
  store<f32>(out, sumF32(t0));
  store<f32>(out + outStride, sumF32(t1));
  if (columns > 2) store<f32>(out + 2 * outStride, sumF32(t2));
  if (columns > 3) store<f32>(out + 3 * outStride, sumF32(t3));
}

/** Unpacks groups `first` and the next. */
// @ts-ignore: decorator
@inline
function storePair<F>(w: usize, to: usize, first: i32): void {
  const format = changetype<F>(0);
  v128.store(to + first * 16, format.values(w, first));
  v128.store(to + first * 16 + 16, format.values(w, first + 1));
}

/** Unpacks a row of n values to `to`. */
export function unpackBlocks256<F>(w: usize, to: usize, n: u32): void {
  const format = changetype<F>(0);
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    storePair<F>(w, to, 0);
    storePair<F>(w, to, 2);
    storePair<F>(w, to, 4);
    storePair<F>(w, to, 6);
    storePair<F>(w, to, 8);
    storePair<F>(w, to, 10);
    storePair<F>(w, to, 12);
    storePair<F>(w, to, 14);
    v128.store(to, format.lowScales(w), SCALES);
    v128.store(to, format.highScales(w), SCALES + 16);
    v128.store(to, format.lowMinima(w), MINIMA);
    v128.store(to, format.highMinima(w), MINIMA + 16);
    v128.store(to, format.factors(w), FACTORS);
    w += format.bytes();
    to += UNPACKED;
  }
}

/** Adds products of 16 values, times their scale. */
// @ts-ignore: decorator
@inline
function addGroup(values: v128, scale: v128, x: usize, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(dotPairs(v128.load(x), values), scale));
}

/** One unpacked row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotUnpacked256x4(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const stride2 = stride * 2;
  const stride3 = stride * 3;
  let xScales = x + n;
  let xSums = xScales + (n >> 6);
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let blocks = n >> 8; blocks > 0; blocks--) {
    let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let scales = w + SCALES, values = w; scales < w + MINIMA; scales += 4, values += 32) {
      const a = v128.load(values), aScale = v128.load16_splat(scales);
      s0 = addGroup(a, aScale, x, s0);
      s1 = addGroup(a, aScale, x + stride, s1);
      s2 = addGroup(a, aScale, x + stride2, s2);
      s3 = addGroup(a, aScale, x + stride3, s3);
      const b = v128.load(values, 16), bScale = v128.load16_splat(scales, 2);
      s0 = addGroup(b, bScale, x + 16, s0);
      s1 = addGroup(b, bScale, x + stride + 16, s1);
      s2 = addGroup(b, bScale, x + stride2 + 16, s2);
      s3 = addGroup(b, bScale, x + stride3 + 16, s3);
      x += 32;
    }
    const low = v128.load(w, MINIMA), high = v128.load(w, MINIMA + 16);
    const factors = v128.load(w, FACTORS);
    t0 = scaled(s0, low, high, factors, xScales, xSums, t0);
    t1 = scaled(s1, low, high, factors, xScales + stride, xSums + stride, t1);
    t2 = scaled(s2, low, high, factors, xScales + stride2, xSums + stride2, t2);
    t3 = scaled(s3, low, high, factors, xScales + stride3, xSums + stride3, t3);
    w += UNPACKED;
    xScales += 4;
    xSums += 32;
  }
  store<f32>(out, sumF32(t0));
  store<f32>(out + outStride, sumF32(t1));
  store<f32>(out + 2 * outStride, sumF32(t2));
  store<f32>(out + 3 * outStride, sumF32(t3));
}
