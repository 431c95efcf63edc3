// Causal attention over one sequence's cache, a (row, head) at a time, and the storing of new keys and values.
import { SCORES_BYTES } from '../../src/protocol';
import { expF32, sumF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';
import { addWeightedF32, scoresF32 } from './kv-f32';
import { addWeightedQ8_0, quantizeQuery, scoresQ8_0, storeQ8_0 } from './kv-q8_0';

/**
 * Puts rows of keys and values at their positions in the cache, which is laid out [head][position][row].
 * Parameters: k, v, keys, values, rows, heads, headSize, capacity, position, rowBytes. Rows are Q8_0 where they take less
 * than `headSize` floats.
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
  const rowBytes = parameter(command, 9);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    for (let head: u32 = 0; head < heads; head++) {
      const from = (row * heads + head) * headBytes;
      const to = (head * capacity + position + row) * rowBytes;
      if (rowBytes < headBytes) {
        storeQ8_0(k + from, keys + to, headBytes >> 2);
        storeQ8_0(v + from, values + to, headBytes >> 2);
      } else {
        memory.copy(keys + to, k + from, headBytes);
        memory.copy(values + to, v + from, headBytes);
      }
    }
  }
}

/** Positions whose scores are worked out together. Fixed tiles: the result does not depend on the threads. */
const TILE: u32 = SCORES_BYTES >> 2;

/**
 * Softmax is taken online, tile by tile, Milakov & Gimelshein 2018, arXiv:1805.02867.
 * Parameters: q, out, keys, values, rows, heads, kvHeads, headSize, capacity, position, scale, window,
 * softcap (0 = none), rowBytes. `scratch` has room for a tile of scores, then for a quantized query.
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
  const rowBytes = parameter(command, 13);
  const headBytes = headSize * 4;
  const quantized = rowBytes < headBytes;
  const query = scratch + SCORES_BYTES;
  const group = heads / kvHeads;
  const total = rows * heads;
  for (let unit = takeChunk(command, 1); unit < total; unit = takeChunk(command, 1)) {
    const last = position + unit / heads;
    const first = last + 1 > window ? last + 1 - window : 0;
    const start = ((unit % heads) / group) * capacity * rowBytes;
    const from = q + unit * headBytes;
    const to = out + unit * headBytes;
    if (quantized) quantizeQuery(from, query, headSize);
    memory.fill(to, 0, headBytes);
    let maximum: f32 = -Infinity;
    let sum: f32 = 0;
    for (let at = first; at <= last; at += TILE) {
      const count = min(TILE, last + 1 - at);
      const before = maximum;
      const key = keys + start + at * rowBytes;
      const value = values + start + at * rowBytes;
      if (quantized) scoresQ8_0(query, key, count, headSize, scratch);
      else scoresF32(from, key, count, headSize, scratch);
      maximum = bend(scratch, count, scale, softcap, maximum);
      const carried = at == first ? <f32>0 : exp(before - maximum);
      sum = sum * carried + exponentials(scratch, count, maximum);
      if (quantized) addWeightedQ8_0(value, count, headSize, scratch, carried, to);
      else addWeightedF32(value, count, headSize, scratch, carried, to);
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

/** Scales each score, and caps it; the largest of them and `maximum`. */
function bend(scores: usize, count: u32, scale: f32, softcap: f32, maximum: f32): f32 {
  for (let i: u32 = 0; i < count; i++) {
    let score = load<f32>(scores + i * 4) * scale;
    if (softcap != 0) score = softcap * tanh(score / softcap);
    maximum = max(maximum, score);
    store<f32>(scores + i * 4, score);
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

function scaleRow(out: usize, headSize: u32, factor: f32): void {
  const end = headSize * 4;
  let i: u32 = 0;
  for (; i + 16 <= end; i += 16) v128.store(out + i, f32x4.mul(v128.load(out + i), f32x4.splat(factor)));
  for (; i < end; i += 4) store<f32>(out + i, load<f32>(out + i) * factor);
}
