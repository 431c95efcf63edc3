// Causal attention over one sequence's cache, a (row, head) at a time, and the storing of new keys and values.
import { expF32, madd, sumF32 } from '../simd';
import { dotFloat } from '../dot/float';
import { SCRATCH_BYTES } from '../../src/protocol';
import { floatParameter, parameter, takeChunk } from '../threads';

/**
 * Puts rows of keys and values at their positions in the cache, which is laid out [head][position][headSize].
 * Parameters: k, v, keys, values, rows, heads, headSize, capacity, position.
 */
export function storeKv(command: usize): void {
  const k = parameter(command, 0);
  const v = parameter(command, 1);
  const keys = parameter(command, 2);
  const values = parameter(command, 3);
  const rows = parameter(command, 4);
  const heads = parameter(command, 5);
  const headBytes = parameter(command, 6) * 4;
  const capacity = parameter(command, 7);
  const position = parameter(command, 8);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    for (let head: u32 = 0; head < heads; head++) {
      const from = (row * heads + head) * headBytes;
      const to = (head * capacity + position + row) * headBytes;
      memory.copy(keys + to, k + from, headBytes);
      memory.copy(values + to, v + from, headBytes);
    }
  }
}

/** Positions whose scores are worked out together. Fixed tiles: the result does not depend on the threads. */
const TILE: u32 = SCRATCH_BYTES >> 2;

/**
 * Softmax is taken online, tile by tile, Milakov & Gimelshein 2018, arXiv:1805.02867.
 * Parameters: q, out, keys, values, rows, heads, kvHeads, headSize, capacity, position, scale, window,
 * softcap (0 = none).
 */
export function attention(command: usize, scratch: usize): void {
  const q = parameter(command, 0);
  const out = parameter(command, 1);
  const keys = parameter(command, 2);
  const values = parameter(command, 3);
  const rows = parameter(command, 4);
  const heads = parameter(command, 5);
  const kvHeads = parameter(command, 6);
  const headSize = parameter(command, 7);
  const capacity = parameter(command, 8);
  const position = parameter(command, 9);
  const scale = floatParameter(command, 10);
  const window = parameter(command, 11);
  const softcap = floatParameter(command, 12);
  const headBytes = headSize * 4;
  const group = heads / kvHeads;
  const total = rows * heads;
  for (let unit = takeChunk(command, 1); unit < total; unit = takeChunk(command, 1)) {
    const last = position + unit / heads;
    const first = last + 1 > window ? last + 1 - window : 0;
    const start = ((unit % heads) / group) * capacity * headBytes;
    const to = out + unit * headBytes;
    memory.fill(to, 0, headBytes);
    let maximum: f32 = -Infinity;
    let sum: f32 = 0;
    for (let at = first; at <= last; at += TILE) {
      const count = min(TILE, last + 1 - at);
      const before = maximum;
      maximum = scores(q + unit * headBytes, keys + start + at * headBytes, count, headSize, scale, softcap, maximum, scratch);
      const carried = at == first ? <f32>0 : exp(before - maximum);
      sum = sum * carried + exponentials(scratch, count, maximum);
      addWeighted(values + start + at * headBytes, count, headSize, scratch, carried, to);
    }
    scaleRow(to, headSize, 1 / sum);
  }
}

/** e^x of one value. */
// @ts-ignore: decorator
@inline
function exp(x: f32): f32 {
  return f32x4.extract_lane(expF32(f32x4.splat(x)), 0);
}

/** tanh of one value. */
// @ts-ignore: decorator
@inline
function tanh(x: f32): f32 {
  return 1 - 2 / (exp(2 * x) + 1);
}

/** scale * q·k, capped, for each key into `to`; the largest of them and `maximum`. */
function scores(q: usize, keys: usize, count: u32, headSize: u32, scale: f32, softcap: f32, maximum: f32, to: usize): f32 {
  for (let i: u32 = 0; i < count; i++) {
    let score = dotFloat<f32>(q, keys + i * headSize * 4, headSize) * scale;
    if (softcap != 0) score = softcap * tanh(score / softcap);
    maximum = max(maximum, score);
    store<f32>(to + i * 4, score);
  }
  return maximum;
}

/** Replaces each score by exp(score - maximum); their sum. */
function exponentials(scores: usize, count: u32, maximum: f32): f32 {
  const maxima = f32x4.splat(maximum);
  let sums = f32x4.splat(0);
  const end = count * 4;
  let i: u32 = 0;
  for (; i + 16 <= end; i += 16) {
    const e = expF32(f32x4.sub(v128.load(scores + i), maxima));
    v128.store(scores + i, e);
    sums = f32x4.add(sums, e);
  }
  let sum = sumF32(sums);
  for (; i < end; i += 4) {
    const e = exp(load<f32>(scores + i) - maximum);
    store<f32>(scores + i, e);
    sum += e;
  }
  return sum;
}

/** out = carried * out + Σ weight[i] * value[i]: 32 columns at a time stay in registers while the positions go by. */
function addWeighted(values: usize, count: u32, headSize: u32, weights: usize, carried: f32, out: usize): void {
  const stride = headSize * 4;
  const factor = f32x4.splat(carried);
  let column: u32 = 0;
  for (; column + 128 <= stride; column += 128) {
    const to = out + column;
    let a0 = f32x4.mul(v128.load(to), factor);
    let a1 = f32x4.mul(v128.load(to, 16), factor);
    let a2 = f32x4.mul(v128.load(to, 32), factor);
    let a3 = f32x4.mul(v128.load(to, 48), factor);
    let a4 = f32x4.mul(v128.load(to, 64), factor);
    let a5 = f32x4.mul(v128.load(to, 80), factor);
    let a6 = f32x4.mul(v128.load(to, 96), factor);
    let a7 = f32x4.mul(v128.load(to, 112), factor);
    let value = values + column;
    for (let i: u32 = 0; i < count; i++, value += stride) {
      const w = v128.load32_splat(weights + i * 4);
      a0 = madd(w, v128.load(value), a0);
      a1 = madd(w, v128.load(value, 16), a1);
      a2 = madd(w, v128.load(value, 32), a2);
      a3 = madd(w, v128.load(value, 48), a3);
      a4 = madd(w, v128.load(value, 64), a4);
      a5 = madd(w, v128.load(value, 80), a5);
      a6 = madd(w, v128.load(value, 96), a6);
      a7 = madd(w, v128.load(value, 112), a7);
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
    v128.store(to, a4, 64);
    v128.store(to, a5, 80);
    v128.store(to, a6, 96);
    v128.store(to, a7, 112);
  }
  for (; column < stride; column += 4) {
    let sum = load<f32>(out + column) * carried;
    for (let i: u32 = 0; i < count; i++) sum += load<f32>(weights + i * 4) * load<f32>(values + i * stride + column);
    store<f32>(out + column, sum);
  }
}

function scaleRow(out: usize, headSize: u32, factor: f32): void {
  const end = headSize * 4;
  let i: u32 = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, f32x4.mul(v128.load(out + i), f32x4.splat(factor)));
  for (; i < end; i += 4) store<f32>(out + i, load<f32>(out + i) * factor);
}
