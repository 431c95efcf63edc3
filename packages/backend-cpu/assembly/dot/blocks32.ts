// Products of formats whose blocks are 32 values of at most 7 bits, a scale and perhaps a minimum, with INPUT_Q8_32
// columns. Four blocks at a time, so that their scales and sums meet in one vector.
//
// A format is a class that is never made: `changetype<F>(0)` names it, and its methods, all inlined, are functions of
// addresses. Value i of a block is scale (q[i] - offset) + minimum.
//
// For few columns a row is unpacked during the product, once for up to four columns; for many it is unpacked before. `Packed`
// and `Unpacked` read the two forms, so that the same functions compute the products and give the same bits.
import { dotPairs, madd, sumF32, sumsI16 } from '../simd';
import { Four } from './columns';

/** Bytes of four unpacked blocks: 128 of values, then four float32 scales, then four minima. */
const UNPACKED: usize = 160;
const SCALES: usize = 128;
const MINIMA: usize = 144;

/** Reads four blocks, or the last one to three blocks of a row, in the file's form. */
// @ts-ignore: decorator
@unmanaged
class Packed<F> {
  @inline at(w: usize, block: usize): usize { return w + block * changetype<F>(0).bytes(); }
  @inline bytes(): usize { return this.at(0, 4); }
  @inline first(w: usize, block: usize): v128 { return changetype<F>(0).first(this.at(w, block)); }
  @inline last(w: usize, block: usize): v128 { return changetype<F>(0).last(this.at(w, block)); }
  @inline scales(w: usize): v128 { return changetype<F>(0).scales(w, changetype<F>(0).bytes()); }
  @inline minima(w: usize): v128 { return changetype<F>(0).minima(w, changetype<F>(0).bytes()); }
  @inline scale(w: usize, block: usize): f32 {
    return f32x4.extract_lane(changetype<F>(0).scales(this.at(w, block), 0), 0);
  }
  @inline minimum(w: usize, block: usize): f32 {
    return f32x4.extract_lane(changetype<F>(0).minima(this.at(w, block), 0), 0);
  }
}

/** Reads blocks in the form of `unpackBlocks32`, with one byte for each q. */
// @ts-ignore: decorator
@unmanaged
class Unpacked<F> {
  @inline bytes(): usize { return UNPACKED; }
  @inline first(w: usize, block: usize): v128 { return v128.load(w + block * 32); }
  @inline last(w: usize, block: usize): v128 { return v128.load(w + block * 32, 16); }
  @inline scales(w: usize): v128 { return v128.load(w, SCALES); }
  @inline minima(w: usize): v128 { return v128.load(w, MINIMA); }
  @inline scale(w: usize, block: usize): f32 { return load<f32>(w + block * 4, SCALES); }
  @inline minimum(w: usize, block: usize): f32 { return load<f32>(w + block * 4, MINIMA); }
}

/** Products of the 32 values of a block, before they are summed. */
// @ts-ignore: decorator
@inline
function products(first: v128, last: v128, x: usize): v128 {
  return i16x8.add(dotPairs(v128.load(x), first), dotPairs(v128.load(x, 16), last));
}

/** The offset times integers, by shifts if possible, since i32x4.mul is slow. */
// @ts-ignore: decorator
@inline
function timesOffset<F>(v: v128): v128 {
  const offset = changetype<F>(0).offset();
  const high = i32x4.shl(v, 31 - clz(offset));
  const rest = offset & (offset - 1) ? offset - (1 << (31 - clz(offset))) : 0;
  return rest ? i32x4.add(high, i32x4.shl(v, 31 - clz(rest))) : high;
}

/** The addend of four blocks to a column. */
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

/** The addend of one block to a column, spread over the lanes, for the last one to three blocks of a row. */
// @ts-ignore: decorator
@inline
function scaledOne<F>(products: v128, scale: f32, minimum: f32, xScale: usize, xSum: usize, to: v128): v128 {
  const format = changetype<F>(0);
  const sum = v128.load32_zero(xSum);
  if (format.hasMinimum()) to = madd(f32x4.convert_i32x4_s(sum), f32x4.splat(minimum * load<f32>(xScale)), to);
  let sums = i32x4.extadd_pairwise_i16x8_s(products);
  if (format.offset()) sums = i32x4.sub(sums, timesOffset<F>(sum));
  return madd(f32x4.convert_i32x4_s(sums), f32x4.splat(scale * load<f32>(xScale)), to);
}

/** One row, as R reads it, with C columns `stride` bytes apart; results go `outStride` bytes apart. */
// @ts-ignore: decorator
@inline
function multiply<F, R, C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const format = changetype<F>(0);
  const row = changetype<R>(0);
  const columns = changetype<C>(0).columns();
  const sumsOffset: usize = n >> 3;
  let xScales = x + n;
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let groups = n >> 7; groups > 0; groups--) {
    const a0 = row.first(w, 0), a1 = row.first(w, 1), a2 = row.first(w, 2), a3 = row.first(w, 3);
    const b0 = row.last(w, 0), b1 = row.last(w, 1), b2 = row.last(w, 2), b3 = row.last(w, 3);
    const d = row.scales(w);
    const m = format.hasMinimum() ? row.minima(w) : d;
    let c = x;
    let s = xScales;
    t0 = scaled<F>(sumsI16(products(a0, b0, c), products(a1, b1, c + 32), products(a2, b2, c + 64), products(a3, b3, c + 96)), d, m, s, s + sumsOffset, t0);
    if (columns > 1) {
      c += stride;
      s += stride;
      t1 = scaled<F>(sumsI16(products(a0, b0, c), products(a1, b1, c + 32), products(a2, b2, c + 64), products(a3, b3, c + 96)), d, m, s, s + sumsOffset, t1);
    }
    if (columns > 2) {
      c += stride;
      s += stride;
      t2 = scaled<F>(sumsI16(products(a0, b0, c), products(a1, b1, c + 32), products(a2, b2, c + 64), products(a3, b3, c + 96)), d, m, s, s + sumsOffset, t2);
    }
    if (columns > 3) {
      c += stride;
      s += stride;
      t3 = scaled<F>(sumsI16(products(a0, b0, c), products(a1, b1, c + 32), products(a2, b2, c + 64), products(a3, b3, c + 96)), d, m, s, s + sumsOffset, t3);
    }
    w += row.bytes();
    x += 128;
    xScales += 16;
  }
  for (let block: u32 = 0; block < ((n >> 5) & 3); block++) {
    const a = row.first(w, block), b = row.last(w, block);
    const d = row.scale(w, block);
    const m = format.hasMinimum() ? row.minimum(w, block) : d;
    let c = x;
    let s = xScales;
    t0 = scaledOne<F>(products(a, b, c), d, m, s, s + sumsOffset, t0);
    if (columns > 1) {
      c += stride;
      s += stride;
      t1 = scaledOne<F>(products(a, b, c), d, m, s, s + sumsOffset, t1);
    }
    if (columns > 2) {
      c += stride;
      s += stride;
      t2 = scaledOne<F>(products(a, b, c), d, m, s, s + sumsOffset, t2);
    }
    if (columns > 3) {
      c += stride;
      s += stride;
      t3 = scaledOne<F>(products(a, b, c), d, m, s, s + sumsOffset, t3);
    }
    x += 32;
    xScales += 4;
  }
  store<f32>(out, sumF32(t0));
  if (columns > 1) store<f32>(out + outStride, sumF32(t1));
  if (columns > 2) store<f32>(out + 2 * outStride, sumF32(t2));
  if (columns > 3) store<f32>(out + 3 * outStride, sumF32(t3));
}

/** One row with C columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotBlocks32<F, C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  multiply<F, Packed<F>, C>(w, x, n, stride, out, outStride);
}

/** The same for four columns and a row in the form of `unpackBlocks32`. */
export function dotUnpacked32x4<F>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  multiply<F, Unpacked<F>, Four>(w, x, n, stride, out, outStride);
}

/** Unpacks the values of the given number of blocks to `to`. */
// @ts-ignore: decorator
@inline
function unpackValues<F>(w: usize, to: usize, blocks: u32): void {
  const row = changetype<Packed<F>>(0);
  for (let block: u32 = 0; block < blocks; block++) {
    v128.store(to + block * 32, row.first(w, block));
    v128.store(to + block * 32, row.last(w, block), 16);
  }
}

/** Unpacks a row of n values to `to`. */
export function unpackBlocks32<F>(w: usize, to: usize, n: u32): void {
  const format = changetype<F>(0);
  const row = changetype<Packed<F>>(0);
  for (let groups = n >> 7; groups > 0; groups--) {
    unpackValues<F>(w, to, 4);
    v128.store(to, row.scales(w), SCALES);
    if (format.hasMinimum()) v128.store(to, row.minima(w), MINIMA);
    w += row.bytes();
    to += UNPACKED;
  }
  const rest = (n >> 5) & 3;
  unpackValues<F>(w, to, rest);
  for (let block: u32 = 0; block < rest; block++) {
    store<f32>(to + block * 4, row.scale(w, block), SCALES);
    if (format.hasMinimum()) store<f32>(to + block * 4, row.minimum(w, block), MINIMA);
  }
}
