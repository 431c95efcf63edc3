// Products of formats whose blocks are 32 values of at most 7 bits, a scale and perhaps a minimum, with INPUT_Q8_32
// columns. Four blocks at a time, so that their scales and sums meet in one vector.
//
// A format is a class that is never made: `changetype<F>(0)` names it, and its methods, all inlined, are functions of
// addresses. Value i of a block is scale (q[i] - offset) + minimum.
//
// For one column a row is unpacked on the way; for four or more it is unpacked once, as q in a byte each, then a float32
// scale a block, then a minimum a block where there are any. Both give bit for bit the same.
import { dotPairs, madd, sumF32, sumI32, sumsI16 } from '../simd';

/** Products of the 32 values of block w, before they are summed. */
// @ts-ignore: decorator
@inline
function packedBlock<F>(w: usize, x: usize): v128 {
  const format = changetype<F>(0);
  return i16x8.add(dotPairs(v128.load(x), format.first(w)), dotPairs(v128.load(x, 16), format.last(w)));
}

/** The offset times integers; i32x4.mul is slow where shifts will do. */
// @ts-ignore: decorator
@inline
function timesOffset<F>(v: v128): v128 {
  const offset = changetype<F>(0).offset();
  const high = i32x4.shl(v, 31 - clz(offset));
  const rest = offset & (offset - 1) ? offset - (1 << (31 - clz(offset))) : 0;
  return rest ? i32x4.add(high, i32x4.shl(v, 31 - clz(rest))) : high;
}

/** What four blocks add to a column. */
// @ts-ignore: decorator
@inline
function scaled<F>(sums: v128, scales: v128, minima: v128, xScales: usize, xSums: usize, to: v128): v128 {
  const format = changetype<F>(0);
  const xScale = v128.load(xScales);
  const xSum = v128.load(xSums);
  if (format.hasMinimum()) to = madd(f32x4.convert_i32x4_s(xSum), f32x4.mul(minima, xScale), to);
  if (format.offset()) sums = i32x4.sub(sums, timesOffset<F>(xSum));
  return madd(f32x4.convert_i32x4_s(sums), f32x4.mul(scales, xScale), to);
}

/** What one block adds to a column, when it is one of the last one to three of its row. */
// @ts-ignore: decorator
@inline
function scaledOne<F>(products: v128, scale: f32, minimum: f32, xScale: f32, xSum: i32, to: f32): f32 {
  const format = changetype<F>(0);
  if (format.hasMinimum()) to += <f32>xSum * (minimum * xScale);
  const dot = sumI32(i32x4.extadd_pairwise_i16x8_s(products)) - xSum * format.offset();
  return to + <f32>dot * (scale * xScale);
}

/** w · x over n values. */
export function dotBlocks32<F>(w: usize, x: usize, n: u32): f32 {
  const format = changetype<F>(0);
  const bytes = format.bytes();
  let xScales = x + n;
  let xSums = xScales + (n >> 3);
  let total = f32x4.splat(0);
  for (let groups = n >> 7; groups > 0; groups--) {
    const sums = sumsI16(
      packedBlock<F>(w, x),
      packedBlock<F>(w + bytes, x + 32),
      packedBlock<F>(w + 2 * bytes, x + 64),
      packedBlock<F>(w + 3 * bytes, x + 96),
    );
    total = scaled<F>(sums, format.scales(w, bytes), format.minima(w, bytes), xScales, xSums, total);
    w += 4 * bytes;
    x += 128;
    xScales += 16;
    xSums += 16;
  }
  let rest: f32 = 0;
  for (let blocks = (n >> 5) & 3; blocks > 0; blocks--) {
    const scale = f32x4.extract_lane(format.scales(w, 0), 0);
    const minimum = f32x4.extract_lane(format.minima(w, 0), 0);
    rest = scaledOne<F>(packedBlock<F>(w, x), scale, minimum, load<f32>(xScales), load<i32>(xSums), rest);
    w += bytes;
    x += 32;
    xScales += 4;
    xSums += 4;
  }
  return sumF32(total) + rest;
}

/** Unpacks a row of n values to `to`. */
export function unpackBlocks32<F>(w: usize, to: usize, n: u32): void {
  const format = changetype<F>(0);
  const scales = to + n;
  const minima = scales + (n >> 3);
  for (let i: u32 = 0; i < n; i += 32) {
    v128.store(to + i, format.first(w));
    v128.store(to + i, format.last(w), 16);
    v128.store32_lane(scales + (i >> 3), format.scales(w, 0), 0);
    if (format.hasMinimum()) v128.store32_lane(minima + (i >> 3), format.minima(w, 0), 0);
    w += format.bytes();
  }
}

/** Products of 32 unpacked values. */
// @ts-ignore: decorator
@inline
function unpackedBlock(first: v128, last: v128, x: usize): v128 {
  return i16x8.add(dotPairs(v128.load(x), first), dotPairs(v128.load(x, 16), last));
}

/** One unpacked row with four columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotUnpacked32x4<F>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const format = changetype<F>(0);
  const sumsOffset: usize = n >> 3;
  let scales = w + n;
  let xScales = x + n;
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let groups = n >> 7; groups > 0; groups--) {
    const a0 = v128.load(w), a1 = v128.load(w, 32), a2 = v128.load(w, 64), a3 = v128.load(w, 96);
    const b0 = v128.load(w, 16), b1 = v128.load(w, 48), b2 = v128.load(w, 80), b3 = v128.load(w, 112);
    const d = v128.load(scales);
    const m = format.hasMinimum() ? v128.load(scales + sumsOffset) : d;
    let c = x;
    let s = xScales;
    t0 = scaled<F>(sumsI16(unpackedBlock(a0, b0, c), unpackedBlock(a1, b1, c + 32), unpackedBlock(a2, b2, c + 64), unpackedBlock(a3, b3, c + 96)), d, m, s, s + sumsOffset, t0);
    c += stride;
    s += stride;
    t1 = scaled<F>(sumsI16(unpackedBlock(a0, b0, c), unpackedBlock(a1, b1, c + 32), unpackedBlock(a2, b2, c + 64), unpackedBlock(a3, b3, c + 96)), d, m, s, s + sumsOffset, t1);
    c += stride;
    s += stride;
    t2 = scaled<F>(sumsI16(unpackedBlock(a0, b0, c), unpackedBlock(a1, b1, c + 32), unpackedBlock(a2, b2, c + 64), unpackedBlock(a3, b3, c + 96)), d, m, s, s + sumsOffset, t2);
    c += stride;
    s += stride;
    t3 = scaled<F>(sumsI16(unpackedBlock(a0, b0, c), unpackedBlock(a1, b1, c + 32), unpackedBlock(a2, b2, c + 64), unpackedBlock(a3, b3, c + 96)), d, m, s, s + sumsOffset, t3);
    w += 128;
    scales += 16;
    x += 128;
    xScales += 16;
  }
  let r0: f32 = 0, r1: f32 = 0, r2: f32 = 0, r3: f32 = 0;
  for (let blocks = (n >> 5) & 3; blocks > 0; blocks--) {
    const a = v128.load(w), b = v128.load(w, 16);
    const d = load<f32>(scales);
    const m = format.hasMinimum() ? load<f32>(scales + sumsOffset) : d;
    let c = x;
    let s = xScales;
    r0 = scaledOne<F>(unpackedBlock(a, b, c), d, m, load<f32>(s), load<i32>(s + sumsOffset), r0);
    c += stride;
    s += stride;
    r1 = scaledOne<F>(unpackedBlock(a, b, c), d, m, load<f32>(s), load<i32>(s + sumsOffset), r1);
    c += stride;
    s += stride;
    r2 = scaledOne<F>(unpackedBlock(a, b, c), d, m, load<f32>(s), load<i32>(s + sumsOffset), r2);
    c += stride;
    s += stride;
    r3 = scaledOne<F>(unpackedBlock(a, b, c), d, m, load<f32>(s), load<i32>(s + sumsOffset), r3);
    w += 32;
    scales += 4;
    x += 32;
    xScales += 4;
  }
  store<f32>(out, sumF32(t0) + r0);
  store<f32>(out + outStride, sumF32(t1) + r1);
  store<f32>(out + 2 * outStride, sumF32(t2) + r2);
  store<f32>(out + 3 * outStride, sumF32(t3) + r3);
}
