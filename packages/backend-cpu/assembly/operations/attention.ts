// Causal attention over one sequence's cache, and the storing of new keys and values.
import { DECODED_BYTES, SCORES_BYTES, STATES_BYTES } from '../../src/protocol';
import { expF32, sumF32, tanhF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';
import { addWeightedF32, scoresF32 } from './kv-f32';
import { decodeQ8_0, storeQ8_0 } from './kv-q8_0';

// A cache lies in pages of some positions each: their keys, `[head][position][row]`, then their values. Commands hold, from
// CACHE_OF_STORE or CACHE on: bytes of a key, bytes of a value, positions of a page, the first position of the first listed
// page, then the addresses of pages. A page that serves all positions in turn is listed once for each turn.
const CACHE_OF_STORE: u32 = 7;
const CACHE: u32 = 13;

/** The page that holds a position. */
// @ts-ignore: decorator
@inline
function pageOf(command: usize, cache: u32, position: u32): usize {
  return parameter(command, cache + 4 + (position - parameter(command, cache + 3)) / parameter(command, cache + 2));
}

/** The key of a head at a position. */
// @ts-ignore: decorator
@inline
function keyAt(command: usize, cache: u32, head: u32, position: u32): usize {
  const pageTokens = parameter(command, cache + 2);
  const row = head * pageTokens + (position % pageTokens);
  return pageOf(command, cache, position) + row * parameter(command, cache);
}

/** The value of a head at a position; there are keys of `heads` heads before it. */
// @ts-ignore: decorator
@inline
function valueAt(command: usize, cache: u32, heads: u32, head: u32, position: u32): usize {
  const pageTokens = parameter(command, cache + 2);
  const keys = heads * pageTokens * parameter(command, cache);
  const row = head * pageTokens + (position % pageTokens);
  return pageOf(command, cache, position) + keys + row * parameter(command, cache + 1);
}

/** The number of contiguous positions among the `count` positions from `position` on. */
// @ts-ignore: decorator
@inline
function stretch(command: usize, cache: u32, position: u32, count: u32): u32 {
  const pageTokens = parameter(command, cache + 2);
  return min(count, pageTokens - (position % pageTokens));
}

/**
 * Puts rows of keys and values at their positions in the cache. Parameters: k, v, rows, heads, keySize, valueSize, position, then
 * the cache. Rows are Q8_0 if they take fewer bytes than the same number of floats.
 */
export function storeKv(command: usize): void {
  const k = parameter(command, 0);
  const v = parameter(command, 1);
  const rows = parameter(command, 2);
  const heads = parameter(command, 3);
  const keySize = parameter(command, 4);
  const valueSize = parameter(command, 5);
  const position = parameter(command, 6);
  const quantized = parameter(command, CACHE_OF_STORE) < keySize * 4;
  for (let row = takeChunk(command, 1); row < rows; row = takeChunk(command, 1)) {
    const at = position + row;
    for (let head: u32 = 0; head < heads; head++) {
      const index = row * heads + head;
      storeRow(k + index * keySize * 4, keyAt(command, CACHE_OF_STORE, head, at), keySize, quantized);
      const value = valueAt(command, CACHE_OF_STORE, heads, head, at);
      storeRow(v + index * valueSize * 4, value, valueSize, quantized);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeRow(from: usize, to: usize, size: u32, quantized: bool): void {
  if (quantized) storeQ8_0(from, to, size);
  else memory.copy(to, from, size * 4);
}

/**
 * Positions whose scores are computed together; if keys and values must be decoded, as many positions as there is room for.
 * Tiles are fixed: the result depends neither on the threads nor on the pages.
 */
const TILE: u32 = SCORES_BYTES >> 2;

/**
 * A unit of work is one row with `headsPerUnit` heads that share their keys and values, tile by tile, so that a tile is
 * read from memory, and decoded, once for all heads. Softmax is computed online, Milakov & Gimelshein 2018, arXiv:1805.02867.
 *
 * Parameters: q, out, rows, heads, kvHeads, keySize, valueSize, position, scale, window, softcap (0 = none), headsPerUnit,
 * sinks of the heads (0 = none), then the cache. A sink is a score before all tiles, with no value. `scratch` has room for a tile of scores, then for two floats a head, then for decoded keys and for decoded values.
 */
export function attention(command: usize, scratch: usize): void {
  const q = parameter(command, 0);
  const out = parameter(command, 1);
  const rows = parameter(command, 2);
  const heads = parameter(command, 3);
  const kvHeads = parameter(command, 4);
  const keyBytes = parameter(command, 5) * 4;
  const valueBytes = parameter(command, 6) * 4;
  const position = parameter(command, 7);
  const window = parameter(command, 9);
  const headsPerUnit = parameter(command, 11);
  const sinks = parameter(command, 12);
  const group = heads / kvHeads;
  const units = heads / headsPerUnit;
  const total = rows * units;
  const states = scratch + SCORES_BYTES;
  const quantized = parameter(command, CACHE) < keyBytes;
  const tile = quantized ? min(TILE, DECODED_BYTES / max(keyBytes, valueBytes)) : TILE;
  for (let unit = takeChunk(command, 1); unit < total; unit = takeChunk(command, 1)) {
    const last = position + unit / units;
    const first = last + 1 > window ? last + 1 - window : 0;
    const firstHead = unit * headsPerUnit;
    const kvHead = ((unit % units) * headsPerUnit) / group;
    memory.fill(out + firstHead * valueBytes, 0, headsPerUnit * valueBytes);
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      const sink = sinks + ((firstHead + head) % heads) * 4;
      store<f32>(states + head * 8, sinks == 0 ? -Infinity : load<f32>(sink));
      store<f32>(states + head * 8, sinks == 0 ? 0 : 1, 4);
    }
    for (let at = first; at <= last; at += tile) {
      const count = min(tile, last + 1 - at);
      if (quantized) decodeTile(command, kvHead, at, count, states + STATES_BYTES);
      for (let head: u32 = 0; head < headsPerUnit; head++) {
        const query = q + (firstHead + head) * keyBytes;
        const to = out + (firstHead + head) * valueBytes;
        attendTile(command, query, kvHead, at, count, quantized, scratch, states + head * 8, to);
      }
    }
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      scaleRow(out + (firstHead + head) * valueBytes, valueBytes >> 2, 1 / load<f32>(states + head * 8, 4));
    }
  }
}

/** Decodes `count` keys of a head from position `at` on to `to`, and their values to DECODED_BYTES behind. */
function decodeTile(command: usize, kvHead: u32, at: u32, count: u32, to: usize): void {
  const keySize = parameter(command, 5);
  const valueSize = parameter(command, 6);
  let toValues = to + DECODED_BYTES;
  while (count > 0) {
    const some = stretch(command, CACHE, at, count);
    decodeQ8_0(keyAt(command, CACHE, kvHead, at), some, keySize, to);
    decodeQ8_0(valueAt(command, CACHE, parameter(command, 4), kvHead, at), some, valueSize, toValues);
    to += some * keySize * 4;
    toValues += some * valueSize * 4;
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
  const keySize = parameter(command, 5);
  const valueSize = parameter(command, 6);
  const decodedKeys = scratch + SCORES_BYTES + STATES_BYTES;
  for (let done: u32 = 0, some: u32 = 0; done < count; done += some) {
    some = decoded ? count : stretch(command, CACHE, at + done, count - done);
    const keys = decoded ? decodedKeys : keyAt(command, CACHE, kvHead, at + done);
    scoresF32(q, keys, some, keySize, scratch + done * 4);
  }
  const before = load<f32>(state);
  const maximum = bend(scratch, count, floatParameter(command, 8), floatParameter(command, 10), before);
  let carried = before == -Infinity ? <f32>0 : exp(before - maximum);
  const sum = load<f32>(state, 4) * carried + exponentials(scratch, count, maximum);
  store<f32>(state, maximum);
  store<f32>(state, sum, 4);
  const kvHeads = parameter(command, 4);
  for (let done: u32 = 0, some: u32 = 0; done < count; done += some) {
    some = decoded ? count : stretch(command, CACHE, at + done, count - done);
    const values = decoded ? decodedKeys + DECODED_BYTES : valueAt(command, CACHE, kvHeads, kvHead, at + done);
    addWeightedF32(values, some, valueSize, scratch + done * 4, carried, out);
    carried = 1;
  }
}

/** e^x of one value. */
// @ts-ignore: decorator
@inline
function exp(x: f32): f32 {
  return f32x4.extract_lane(expF32(f32x4.splat(x)), 0);
}

/** Scales each score, and caps it; the largest of them and `maximum`. */
function bend(scores: usize, count: u32, scale: f32, softcap: f32, maximum: f32): f32 {
  for (let i: u32 = 0; i < count; i++) {
    let score = load<f32>(scores + i * 4) * scale;
    if (softcap != 0) score = softcap * f32x4.extract_lane(tanhF32(f32x4.splat(score / softcap)), 0);
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
