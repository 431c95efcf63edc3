// Causal convolution of each channel of one sequence separately. It continues from the last rows of the input before.
import { madd, wordsAt } from '../simd';
import { parameter, takeChunk } from '../threads';

/** Channels a thread takes at once. */
const CHUNK: u32 = 256;

/**
 * Parameters: x, weight, out, tokens, channels, size, from, to, keep, kept tokens. `from` has the `size - 1` rows before x, 0 =
 * they are zeros; `to` takes the last `size - 1` rows of all, and `keep`, if it is not 0, the rows before row `kept tokens`
 * of x. `from` may be `to`. A thread takes some channels through all tokens, so the order of a sum does not depend on
 * the number of tokens.
 */
export function convolve(command: usize): void {
  const tokens = parameter(command, 3);
  const channels = parameter(command, 4);
  const to = parameter(command, 7);
  const keep = parameter(command, 8);
  for (let start = takeChunk(command, CHUNK); start < channels; start = takeChunk(command, CHUNK)) {
    const end = min(start + CHUNK, channels);
    for (let token: u32 = 0; token < tokens; token++) {
      let channel = start;
      for (; channel + 4 <= end; channel += 4) convolveFour(command, token, channel);
      for (; channel < end; channel++) convolveOne(command, token, channel);
    }
    // The rows of `from` come first: writing them to their new place overwrites no row that is still to be read.
    if (keep) storeWindow(command, start, end, parameter(command, 9), keep);
    storeWindow(command, start, end, tokens, to);
  }
}

/** The input of a channel that is multiplied with value `j` of its filter for a token; 0 = zeros. */
// @ts-ignore: decorator
@inline
function inputAt(command: usize, token: u32, j: u32, channel: u32): usize {
  const row = token + j;
  const past = parameter(command, 5) - 1;
  const stride = parameter(command, 4) * 4;
  if (row >= past) return parameter(command, 0) + (row - past) * stride + channel * 4;
  const from = parameter(command, 6);
  return from ? from + row * stride + channel * 4 : 0;
}

/** One token of four channels from `channel` on. */
// @ts-ignore: decorator
@inline
function convolveFour(command: usize, token: u32, channel: u32): void {
  const size = parameter(command, 5);
  const weight = parameter(command, 1) + channel * size * 4;
  let sums = f32x4.splat(0);
  for (let j: u32 = 0; j < size; j++) {
    const x = inputAt(command, token, j, channel);
    if (x) sums = madd(wordsAt(weight + j * 4, size * 4), v128.load(x), sums);
  }
  v128.store(parameter(command, 2) + (token * parameter(command, 4) + channel) * 4, sums);
}

/** One token of one channel. */
function convolveOne(command: usize, token: u32, channel: u32): void {
  const size = parameter(command, 5);
  const weight = parameter(command, 1) + channel * size * 4;
  let sum: f32 = 0;
  for (let j: u32 = 0; j < size; j++) {
    const x = inputAt(command, token, j, channel);
    if (x) sum += load<f32>(weight + j * 4) * load<f32>(x);
  }
  store<f32>(parameter(command, 2) + (token * parameter(command, 4) + channel) * 4, sum);
}

/** Stores the rows before row `tokens` of x, channels `start` to `end` of them. */
function storeWindow(command: usize, start: u32, end: u32, tokens: u32, to: usize): void {
  const stride = parameter(command, 4) * 4;
  const past = parameter(command, 5) - 1;
  const x = parameter(command, 0) + start * 4;
  const from = parameter(command, 6);
  const bytes = (end - start) * 4;
  for (let i: u32 = 0; i < past; i++) {
    const row = tokens + i;
    const target = to + start * 4 + i * stride;
    if (row >= past) memory.copy(target, x + (row - past) * stride, bytes);
    else if (from) memory.copy(target, from + start * 4 + row * stride, bytes);
    else memory.fill(target, 0, bytes);
  }
}
