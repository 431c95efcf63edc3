// IQ4_NL: blocks of a float16 scale and 32 level numbers; see levels.ts.
import { halfAt, halvesAt, sumF32 } from '../simd';
import { dotFourRuns, dotRun, scaledRun, unpackRun } from './levels';

const BLOCK: usize = 18;

/** w · x over n values. */
export function dotIQ4_NL(w: usize, x: usize, n: u32): f32 {
  let xScales = x + n * 2;
  let total = f32x4.splat(0);
  for (let groups = n >> 7; groups > 0; groups--) {
    total = dotFourRuns(w + 2, BLOCK, x, halvesAt(w, BLOCK), xScales, total);
    w += 4 * BLOCK;
    x += 256;
    xScales += 16;
  }
  let rest: f32 = 0;
  for (let blocks = (n >> 5) & 3; blocks > 0; blocks--) {
    rest = scaledRun(dotRun(v128.load(w, 2), x), halfAt(w), load<f32>(xScales), rest);
    w += BLOCK;
    x += 64;
    xScales += 4;
  }
  return sumF32(total) + rest;
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
