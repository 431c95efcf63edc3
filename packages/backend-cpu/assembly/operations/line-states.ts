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

/** All tokens of all lines. */
// @ts-ignore: decorator
@inline
function eachLine(command: usize, isDelta: bool): void {
  const tokens = parameter(command, 6);
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
    if (isDelta) recall(command, head, start, end, to + offset);
    for (let token: u32 = 0; token < tokens; token++) {
      if (keep && token == parameter(command, 15)) memory.copy(keep + offset, to + offset, bytes);
      if (isDelta && token + 1 < tokens) step(command, token, head, start, end, to + offset, true, true);
      else step(command, token, head, start, end, to + offset, isDelta, false);
    }
  }
}

/** The address of a head's key for a token. */
// @ts-ignore: decorator
@inline
function keyOffset(command: usize, token: u32, head: u32): usize {
  const heads = parameter(command, 7);
  const keyHeads = parameter(command, 8);
  const keyHead = parameter(command, 11) ? head % keyHeads : head / (heads / keyHeads);
  return (token * keyHeads + keyHead) * parameter(command, 9) * 4;
}

/** Puts what each line knows of the first key, their product, at the place of the line's first result. */
// @ts-ignore: decorator
@inline
function recall(command: usize, head: u32, start: u32, end: u32, state: usize): void {
  const keySize = parameter(command, 9);
  const k = parameter(command, 1) + keyOffset(command, 0, head);
  const out = parameter(command, 5) + head * parameter(command, 10) * 4;
  for (let line = start; line < end; line++) {
    store<f32>(out + line * 4, dotFloat<f32>(k, state, keySize));
    state += keySize * 4;
  }
}

/**
 * Lines `start` to `end` of a head, one token on. In the delta rule, what a line knows of the token's key is taken off its
 * change, and the product with the next key is put at the place of the next result.
 */
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
  hasNext: bool,
): void {
  const heads = parameter(command, 7);
  const keySize = parameter(command, 9);
  const valueSize = parameter(command, 10);
  const offset = keyOffset(command, token, head);
  const q = parameter(command, 0) + offset;
  const k = parameter(command, 1) + offset;
  const next = hasNext ? parameter(command, 1) + keyOffset(command, token + 1, head) : 0;
  const at = (token * heads + head) * 4;
  const v = parameter(command, 2) + at * valueSize;
  const out = parameter(command, 5) + at * valueSize;
  const nextOut = out + heads * valueSize * 4;
  const decay = expF32(v128.load32_splat(parameter(command, 3) + at));
  const beta = load<f32>(parameter(command, 4) + at);
  const skip: f32 = isDelta ? <f32>0 : load<f32>(parameter(command, 16) + head * 4);
  for (let line = start; line < end; line += 2) {
    const hasTwo = line + 1 < end;
    const values = v + line * 4;
    const results = out + line * 4;
    const change = beta * changeOf(values, results, decay, isDelta);
    const second = hasTwo ? beta * changeOf(values + 4, results + 4, decay, isDelta) : <f32>0;
    const skipped = isDelta ? <f32>0 : skip * load<f32>(values);
    const secondSkipped = isDelta || !hasTwo ? <f32>0 : skip * load<f32>(values + 4);
    const known = nextOut + line * 4;
    if (hasTwo) changeLines(state, keySize, decay, change, second, k, q, next, results, known, hasNext, true);
    else changeLines(state, keySize, decay, change, 0, k, q, next, results, known, hasNext, false);
    if (!isDelta) store<f32>(results, load<f32>(results) + skipped);
    if (!isDelta && hasTwo) store<f32>(results + 4, load<f32>(results + 4) + secondSkipped);
    state += keySize * 8;
  }
}

/** The value that a line takes in; in the delta rule less what the line knows of the key, which lies at `known`. */
// @ts-ignore: decorator
@inline
function changeOf(value: usize, known: usize, decay: v128, isDelta: bool): f32 {
  if (!isDelta) return load<f32>(value);
  return load<f32>(value) - f32x4.extract_lane(decay, 0) * load<f32>(known);
}

/**
 * Replaces each value of a line, and of the line after it if `hasTwo`, by decay * value + change * k. Stores the product of each
 * line and q at `out`, and, if `hasNext`, the product of each line and `next` at `known`.
 */
// @ts-ignore: decorator
@inline
function changeLines(
  line: usize,
  count: u32,
  decay: v128,
  change: f32,
  secondChange: f32,
  k: usize,
  q: usize,
  next: usize,
  out: usize,
  known: usize,
  hasNext: bool,
  hasTwo: bool,
): void {
  const zero = f32x4.splat(0);
  const changes = f32x4.splat(change);
  const secondChanges = f32x4.splat(secondChange);
  // Of the first line: the products with q and with `next`, each in two sums; then the same of the second line.
  let a = zero, b = zero, c = zero, d = zero;
  let a2 = zero, b2 = zero, c2 = zero, d2 = zero;
  const end = count * 4;
  const second = line + end;
  let i: u32 = 0;
  for (; i + 32 <= end; i += 32) {
    let keys = v128.load(k + i);
    let queries = v128.load(q + i);
    let nexts = hasNext ? v128.load(next + i) : zero;
    let value = madd(changes, keys, f32x4.mul(decay, v128.load(line + i)));
    v128.store(line + i, value);
    a = madd(value, queries, a);
    if (hasNext) c = madd(nexts, value, c);
    if (hasTwo) {
      value = madd(secondChanges, keys, f32x4.mul(decay, v128.load(second + i)));
      v128.store(second + i, value);
      a2 = madd(value, queries, a2);
      if (hasNext) c2 = madd(nexts, value, c2);
    }
    keys = v128.load(k + i, 16);
    queries = v128.load(q + i, 16);
    if (hasNext) nexts = v128.load(next + i, 16);
    value = madd(changes, keys, f32x4.mul(decay, v128.load(line + i, 16)));
    v128.store(line + i, value, 16);
    b = madd(value, queries, b);
    if (hasNext) d = madd(nexts, value, d);
    if (hasTwo) {
      value = madd(secondChanges, keys, f32x4.mul(decay, v128.load(second + i, 16)));
      v128.store(second + i, value, 16);
      b2 = madd(value, queries, b2);
      if (hasNext) d2 = madd(nexts, value, d2);
    }
  }
  finishLine(line, i, end, decay, changes, k, q, next, out, known, hasNext, f32x4.add(a, b), f32x4.add(c, d));
  if (hasTwo)
    finishLine(second, i, end, decay, secondChanges, k, q, next, out + 4, known + 4, hasNext, f32x4.add(a2, b2), f32x4.add(c2, d2));
}

/** The values of a line from byte `i` on, one by one; then stores the products of the whole line. */
// @ts-ignore: decorator
@inline
function finishLine(
  line: usize,
  i: u32,
  end: u32,
  decay: v128,
  changes: v128,
  k: usize,
  q: usize,
  next: usize,
  out: usize,
  known: usize,
  hasNext: bool,
  queried: v128,
  recalled: v128,
): void {
  let result = sumF32(queried);
  let knows = sumF32(recalled);
  for (; i < end; i += 4) {
    const old = f32x4.mul(decay, v128.load32_splat(line + i));
    const value = f32x4.extract_lane(madd(changes, v128.load32_splat(k + i), old), 0);
    store<f32>(line + i, value);
    result += value * load<f32>(q + i);
    if (hasNext) knows += load<f32>(next + i) * value;
  }
  store<f32>(out, result);
  if (hasNext) store<f32>(known, knows);
}
