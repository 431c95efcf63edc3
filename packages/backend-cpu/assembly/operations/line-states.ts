// Recurrences of one sequence in which a head's state is a matrix, and a token changes each line of it separately: the gated
// delta rule, Yang et al. 2024, arXiv:2412.06464, and the selective scan of Mamba-2, Dao & Gu 2024, arXiv:2405.21060.
import { dotFloat } from '../dot/float';
import { expF32, madd, sumF32 } from '../simd';
import { parameter, takeChunk } from '../threads';

/** Lines of a head's state that a thread takes at once. */
const LINES: u32 = 32;

/**
 * Parameters: q, k, v, g, beta, out, tokens, heads, keyHeads, keySize, valueSize, whether heads share keys in rounds, from, to,
 * keep, kept tokens. The state is `[heads][valueSize][keySize]`: `from` has the state before, 0 = zeros; `to` takes the state
 * after, and `keep`, if it is not 0, the state after `kept tokens`. `from` may be `to`. A thread takes some lines of a head
 * through all tokens, so the order of a sum does not depend on the number of tokens.
 */
export function deltaRule(command: usize): void {
  eachLine(command, true);
}

/** Parameters: c, b, x, g, step and out in place of q, k, v, g, beta and out; then as `deltaRule`; then D. */
export function selectiveScan(command: usize): void {
  eachLine(command, false);
}

/** All tokens of all lines. In the delta rule, what a line knows of a key is taken off its change. */
// @ts-ignore: decorator
@inline
function eachLine(command: usize, isDelta: bool): void {
  const heads = parameter(command, 7);
  const keySize = parameter(command, 9);
  const valueSize = parameter(command, 10);
  const from = parameter(command, 12);
  const to = parameter(command, 13);
  const keep = parameter(command, 14);
  const lineBytes = keySize * 4;
  const parts = (valueSize + LINES - 1) / LINES;
  for (let unit = takeChunk(command, 1); unit < heads * parts; unit = takeChunk(command, 1)) {
    const head = unit / parts;
    const start = (unit % parts) * LINES;
    const end = min(start + LINES, valueSize);
    const offset = (head * valueSize + start) * lineBytes;
    const bytes = (end - start) * lineBytes;
    if (!from) memory.fill(to + offset, 0, bytes);
    else if (from != to) memory.copy(to + offset, from + offset, bytes);
    const tokens = parameter(command, 6);
    for (let token: u32 = 0; token < tokens; token++) {
      if (keep && token == parameter(command, 15)) memory.copy(keep + offset, to + offset, bytes);
      step(command, token, head, start, end, to + offset, isDelta);
    }
  }
}

/** Lines `start` to `end` of a head, one token on. */
// @ts-ignore: decorator
@inline
function step(
  command: usize,
  token: u32,
  head: u32,
  start: u32,
  end: u32,
  state: usize,
  isDelta: bool,
): void {
  const heads = parameter(command, 7);
  const keyHeads = parameter(command, 8);
  const keySize = parameter(command, 9);
  const valueSize = parameter(command, 10);
  const keyHead = parameter(command, 11) ? head % keyHeads : head / (heads / keyHeads);
  const keyOffset = (token * keyHeads + keyHead) * keySize * 4;
  const q = parameter(command, 0) + keyOffset;
  const k = parameter(command, 1) + keyOffset;
  const at = (token * heads + head) * 4;
  const v = parameter(command, 2) + at * valueSize;
  const out = parameter(command, 5) + at * valueSize;
  const decay = expF32(v128.load32_splat(parameter(command, 3) + at));
  const beta = load<f32>(parameter(command, 4) + at);
  const skip: f32 = isDelta ? <f32>0 : load<f32>(parameter(command, 16) + head * 4);
  for (let line = start; line < end; line++) {
    let value = load<f32>(v + line * 4);
    let skipped: f32 = 0;
    if (isDelta) value -= f32x4.extract_lane(decay, 0) * dotFloat<f32>(k, state, keySize);
    else skipped = skip * value;
    const result = changeLine(state, decay, f32x4.splat(beta * value), k, q, keySize);
    store<f32>(out + line * 4, isDelta ? result : result + skipped);
    state += keySize * 4;
  }
}

/** Replaces each value of a line by decay * value + change * k; the product of the line and q. */
// @ts-ignore: decorator
@inline
function changeLine(line: usize, decay: v128, change: v128, k: usize, q: usize, count: u32): f32 {
  let a = f32x4.splat(0), b = a;
  const end = count * 4;
  let i: u32 = 0;
  for (; i + 32 <= end; i += 32) {
    const first = madd(change, v128.load(k + i), f32x4.mul(decay, v128.load(line + i)));
    const second = madd(change, v128.load(k + i, 16), f32x4.mul(decay, v128.load(line + i, 16)));
    v128.store(line + i, first);
    v128.store(line + i, second, 16);
    a = madd(first, v128.load(q + i), a);
    b = madd(second, v128.load(q + i, 16), b);
  }
  let sum = sumF32(f32x4.add(a, b));
  for (; i < end; i += 4) {
    const old = f32x4.mul(decay, v128.load32_splat(line + i));
    const value = f32x4.extract_lane(madd(change, v128.load32_splat(k + i), old), 0);
    store<f32>(line + i, value);
    sum += value * load<f32>(q + i);
  }
  return sum;
}
