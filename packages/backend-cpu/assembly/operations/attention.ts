// Causal attention over one sequence's cache, and the storing of new keys and values.
import { DECODED_BYTES, SCORES_BYTES, STATES_BYTES } from '../../src/protocol';
import { expF32, sumF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';
import { addWeightedF32, scoresF32 } from './kv-f32';
import { decodeQ8_0, storeQ8_0 } from './kv-q8_0';

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

/**
 * Positions whose scores are worked out together; where keys and values have to be decoded, as many as there is room for.
 * Fixed tiles: the result does not depend on the threads.
 */
const TILE: u32 = SCORES_BYTES >> 2;

/**
 * A unit of work is one row with `headsPerUnit` heads that share their keys and values, tile by tile, so that a tile is
 * read from memory, and decoded, once for all of them. Softmax is taken online, Milakov & Gimelshein 2018, arXiv:1805.02867.
 *
 * Parameters: q, out, keys, values, rows, heads, kvHeads, headSize, capacity, position, scale, window,
 * softcap (0 = none), rowBytes, headsPerUnit. `scratch` has room for a tile of scores, then for two floats a head, then for
 * decoded keys and for decoded values.
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
  const window = parameter(command, 11);
  const rowBytes = parameter(command, 13);
  const headsPerUnit = parameter(command, 14);
  const headBytes = headSize * 4;
  const group = heads / kvHeads;
  const units = heads / headsPerUnit;
  const total = rows * units;
  const states = scratch + SCORES_BYTES;
  const decodedKeys = states + STATES_BYTES;
  const decodedValues = decodedKeys + DECODED_BYTES;
  const quantized = rowBytes < headBytes;
  const tile = quantized ? min(TILE, DECODED_BYTES / headBytes) : TILE;
  for (let unit = takeChunk(command, 1); unit < total; unit = takeChunk(command, 1)) {
    const last = position + unit / units;
    const first = last + 1 > window ? last + 1 - window : 0;
    const firstHead = unit * headsPerUnit;
    const start = (((unit % units) * headsPerUnit) / group) * capacity * rowBytes;
    memory.fill(out + firstHead * headBytes, 0, headsPerUnit * headBytes);
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      store<f32>(states + head * 8, -Infinity);
      store<f32>(states + head * 8, 0, 4);
    }
    for (let at = first; at <= last; at += tile) {
      const count = min(tile, last + 1 - at);
      let tileKeys = keys + start + at * rowBytes;
      let tileValues = values + start + at * rowBytes;
      if (quantized) {
        decodeQ8_0(tileKeys, count, headSize, decodedKeys);
        decodeQ8_0(tileValues, count, headSize, decodedValues);
        tileKeys = decodedKeys;
        tileValues = decodedValues;
      }
      for (let head: u32 = 0; head < headsPerUnit; head++) {
        const place = (firstHead + head) * headBytes;
        attendTile(command, q + place, tileKeys, tileValues, count, scratch, states + head * 8, out + place);
      }
    }
    for (let head: u32 = 0; head < headsPerUnit; head++) {
      scaleRow(out + (firstHead + head) * headBytes, headSize, 1 / load<f32>(states + head * 8, 4));
    }
  }
}

/** One head over `count` positions. `state` holds the largest score so far and the sum of exponentials. */
function attendTile(
  command: usize,
  q: usize,
  keys: usize,
  values: usize,
  count: u32,
  scratch: usize,
  state: usize,
  out: usize,
): void {
  const headSize = parameter(command, 7);
  scoresF32(q, keys, count, headSize, scratch);
  const before = load<f32>(state);
  const maximum = bend(scratch, count, floatParameter(command, 10), floatParameter(command, 12), before);
  const carried = before == -Infinity ? <f32>0 : exp(before - maximum);
  const sum = load<f32>(state, 4) * carried + exponentials(scratch, count, maximum);
  store<f32>(state, maximum);
  store<f32>(state, sum, 4);
  addWeightedF32(values, count, headSize, scratch, carried, out);
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
