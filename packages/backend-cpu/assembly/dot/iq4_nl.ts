// IQ4_NL: blocks of a float16 scale and 32 level numbers; see levels.ts.
import { halfAt, halvesAt, scaledRun, sumF32 } from '../simd';
import { dotFourRuns, dotRun, unpackRun } from './levels';

const BLOCK: usize = 18;

/** One row with C columns `stride` bytes apart; results go `outStride` bytes apart. */
export function dotIQ4_NL<C>(w: usize, x: usize, n: u32, stride: usize, out: usize, outStride: usize): void {
  const columns = changetype<C>(0).columns();
  const stride2 = stride * 2;
  const stride3 = stride * 3;
  let xScales = x + n * 2;
  let t0 = f32x4.splat(0), t1 = t0, t2 = t0, t3 = t0;
  for (let groups = n >> 7; groups > 0; groups--) {
    const d = halvesAt(w, BLOCK);
    t0 = dotFourRuns(w + 2, BLOCK, x, d, xScales, t0);
    if (columns > 1) t1 = dotFourRuns(w + 2, BLOCK, x + stride, d, xScales + stride, t1);
    if (columns > 2) t2 = dotFourRuns(w + 2, BLOCK, x + stride2, d, xScales + stride2, t2);
    if (columns > 3) t3 = dotFourRuns(w + 2, BLOCK, x + stride3, d, xScales + stride3, t3);
    w += 4 * BLOCK;
    x += 256;
    xScales += 16;
  }
  for (let blocks = (n >> 5) & 3; blocks > 0; blocks--) {
    const numbers = v128.load(w, 2);
    const d = halfAt(w);
    t0 = scaledRun(dotRun(numbers, x), d, xScales, t0);
    if (columns > 1) t1 = scaledRun(dotRun(numbers, x + stride), d, xScales + stride, t1);
    if (columns > 2) t2 = scaledRun(dotRun(numbers, x + stride2), d, xScales + stride2, t2);
    if (columns > 3) t3 = scaledRun(dotRun(numbers, x + stride3), d, xScales + stride3, t3);
    w += BLOCK;
    x += 64;
    xScales += 4;
  }
  store<f32>(out, sumF32(t0));
  if (columns > 1) store<f32>(out + outStride, sumF32(t1));
  if (columns > 2) store<f32>(out + 2 * outStride, sumF32(t2));
  if (columns > 3) store<f32>(out + 3 * outStride, sumF32(t3));
}

/** Unpacks a row of n values to `to`. */
export function unpackIQ4_NL(w: usize, to: usize, n: u32): void {
  const scales = to + n;
  for (let i: u32 = 0; i < n; i += 32) {
    unpackRun(w + 2, to + i);
    store<f32>(scales + (i >> 3), halfAt(w));
    w += BLOCK;
  }
}
