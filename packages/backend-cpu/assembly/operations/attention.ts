// Causal attention over one sequence's cache, and the storing of new keys and values.
import { DECODED_BYTES, SCORES_BYTES, STATES_BYTES } from '../../src/protocol';
import { expF32, sumF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';
import { addWeightedF32, scoresF32 } from './kv-f32';
import { decodeQ8_0, storeQ8_0 } from './kv-q8_0';

// A cache lies in pages of some positions each: the keys of these, `[head][position][row]`, and behind them the values. Commands
// have, from CACHE_OF_STORE or CACHE on: rowBytes, positions of a page, the position with which the first page named begins,
// then the pages' addresses.
const CACHE_OF_STORE: u32 = 6;
const CACHE: u32 = 11;

/** The key of a head at a position. */
// @ts-ignore: decorator
@inline
function keyAt(command: usize, cache: u32, head: u32, position: u32): usize {
  const pageTokens = parameter(command, cache + 1);
  const page = parameter(command, cache + 3 + (position - parameter(command, cache + 2)) / pageTokens);
  return page + (head * pageTokens + (position % pageTokens)) * parameter(command, cache);
}

/** From a key to the value of the same head and position. */
// @ts-ignore: decorator
@inline
function valueOffset(command: usize, cache: u32, heads: u32): usize {
  return heads * parameter(command, cache + 1) * parameter(command, cache);
}

/** How many of `count` positions from `position` on lie one after the other. */
// @ts-ignore: decorator
@inline
function stretch(command: usize, cache: u32, position: u32, count: u32): u32 {
  const pageTokens = parameter(command, cache + 1);
  return min(count, pageTokens - (position % pageTokens));
}

/**
 * Puts rows of keys and values at their positions in the cache. Parameters: k, v, rows, heads, headSize, position, then the
 * cache. Rows are Q8_0 where they take less than `headSize` floats.
 */
export function storeKv(command: usize): void {
  const k = parameter(command, 0);
  const v = parameter(command, 1);
  const rows = parameter(command, 2);
  const heads = parameter(command, 3);
  const headBytes = parameter(command, 4) * 4;
  const position = parameter(command, 5);
  const quantized = parameter(command, CACHE_OF_STORE) < headBytes;
  const toValue = valueOffset(command, CACHE_OF_STORE, heads);
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    for (let head: u32 = 0; head < heads; head++) {
      const from = (row * heads + head) * headBytes;
      const to = keyAt(command, CACHE_OF_STORE, head, position + row);
      if (quantized) {
        storeQ8_0(k + from, to, headBytes >> 2);
        storeQ8_0(v + from, to + toValue, headBytes >> 2);
      } else {
        memory.copy(to, k + from, headBytes);
        memory.copy(to + toValue, v + from, headBytes);
      }
    }
  }
}

/**
 * Positions whose scores are worked out together; where keys and values have to be decoded, as many as there is room for.
 * Fixed tiles: the result depends neither on the threads nor on the pages.
 */
const TILE: u32 = SCORES_BYTES >> 2;

/**
 * A unit of work is one row with `headsPerUnit` heads that share their keys and values, tile by tile, so that a tile is
 * read from memory, and decoded, once for all of them. Softmax is taken online, Milakov & Gimelshein 2018, arXiv:1805.02867.
 *
 * Parameters: q, out, rows, heads, kvHeads, headSize, position, scale, window, softcap (0 = none), headsPerUnit, then the
 * cache. `scratch` has room for a tile of scores, then for two floats a head, then for decoded keys and for decoded values.
 */
export function attention(command: usize, scratch: usize): void {
  const q = parameter(command, 0);
  const out = parameter(command, 1);
  const rows = parameter(command, 2);
  const heads = parameter(command, 3);
  const kvHeads = parameter(command, 4);
  const headSize = parameter(command, 5);
  const position = parameter(command, 6);
  const window = parameter(command, 8);
  const headsPerUnit = parameter(command, 10);
  const headBytes = headSize * 4;
  const group = heads / kvHeads;
  const units = heads / headsPerUnit;
  const total = rows * units;
  const states = scratch + SCORES_BYTES;
  const quantized = parameter(command, CACHE) < headBytes;
  const tile = quantized ? min(TILE, DECODED_BYTES / headBytes) : TILE;
  for (let unit = takeChunk(command, 1); unit < total; unit = takeChunk(command, 1)) {
    const last = position + unit / units;
    const first = last + 1 > window ? last + 1 - window : 0;
    const firstHead = unit * headsPerUnit;
    const kvHead = ((unit % units) * headsPerUnit) / group;
    memory.fill(out + firstHead * headBytes, 0, headsPerUnit * headBytes);
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      store<f32>(states + head * 8, -Infinity);
      store<f32>(states + head * 8, 0, 4);
    }
    for (let at = first; at <= last; at += tile) {
      const count = min(tile, last + 1 - at);
      if (quantized) decodeTile(command, kvHead, at, count, states + STATES_BYTES);
      for (let head: u32 = 0; head < headsPerUnit; head++) {
        const place = (firstHead + head) * headBytes;
        attendTile(command, q + place, kvHead, at, count, quantized, scratch, states + head * 8, out + place);
      }
    }
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      scaleRow(out + (firstHead + head) * headBytes, headSize, 1 / load<f32>(states + head * 8, 4));
    }
  }
}

/** Decodes `count` keys of a head from position `at` on to `to`, and their values to DECODED_BYTES behind. */
function decodeTile(command: usize, kvHead: u32, at: u32, count: u32, to: usize): void {
  const headSize = parameter(command, 5);
  const toValue = valueOffset(command, CACHE, parameter(command, 4));
  while (count > 0) {
    const some = stretch(command, CACHE, at, count);
    const key = keyAt(command, CACHE, kvHead, at);
    decodeQ8_0(key, some, headSize, to);
    decodeQ8_0(key + toValue, some, headSize, to + DECODED_BYTES);
    to += some * headSize * 4;
    at += some;
    count -= some;
  }
}

/**
 * One head over `count` positions from `at` on, which lie in the cache, or decoded in `scratch`. `state` holds the largest score
 * so far and the sum of exponentials.
 */
function attendTile(
  command: usize,
  q: usize,
  kvHead: u32,
  at: u32,
  count: u32,
  decoded: bool,
  scratch: usize,
  state: usize,
  out: usize,
): void {
  const headSize = parameter(command, 5);
  const decodedKeys = scratch + SCORES_BYTES + STATES_BYTES;
  for (let done: u32 = 0, some: u32 = 0; done < count; done += some) {
    some = decoded ? count : stretch(command, CACHE, at + done, count - done);
    const keys = decoded ? decodedKeys : keyAt(command, CACHE, kvHead, at + done);
    scoresF32(q, keys, some, headSize, scratch + done * 4);
  }
  const before = load<f32>(state);
  const maximum = bend(scratch, count, floatParameter(command, 7), floatParameter(command, 9), before);
  let carried = before == -Infinity ? <f32>0 : exp(before - maximum);
  const sum = load<f32>(state, 4) * carried + exponentials(scratch, count, maximum);
  store<f32>(state, maximum);
  store<f32>(state, sum, 4);
  const toValue = decoded ? DECODED_BYTES : valueOffset(command, CACHE, parameter(command, 4));
  for (let done: u32 = 0, some: u32 = 0; done < count; done += some) {
    some = decoded ? count : stretch(command, CACHE, at + done, count - done);
    const keys = decoded ? decodedKeys : keyAt(command, CACHE, kvHead, at + done);
    addWeightedF32(keys + toValue, some, headSize, scratch + done * 4, carried, out);
    carried = 1;
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
