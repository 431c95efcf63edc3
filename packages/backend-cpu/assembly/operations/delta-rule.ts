// The gated delta rule over one sequence, which goes on from the state before. Source: Yang et al. 2024, arXiv:2412.06464.
import { dotFloat } from '../dot/float';
import { expF32, madd } from '../simd';
import { parameter, takeChunk } from '../threads';

/** Lines of a head's state that a thread takes at once. */
const LINES: u32 = 32;

/**
 * Parameters: q, k, v, g, beta, out, tokens, heads, keyHeads, keySize, valueSize, whether heads share keys in rounds, from, to,
 * keep, kept tokens. The state is `[heads][valueSize][keySize]`: `from` has that before, 0 = zeros; `to` takes that after, and
 * `keep`, if it is not 0, that after so many tokens. `from` may be `to`. A thread takes some lines of a head through all tokens,
 * so the order of a sum does not depend on how many tokens there are.
 */
export function deltaRule(command: usize): void {
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
      step(command, token, head, start, end, to + offset);
    }
  }
}

/** Lines `start` to `end` of a head, one token on. */
// @ts-ignore: decorator
@inline
function step(command: usize, token: u32, head: u32, start: u32, end: u32, state: usize): void {
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
  const lineBytes = keySize * 4;
  for (let line = start; line < end; line++) {
    scale(state, lineBytes, decay);
    const change = beta * (load<f32>(v + line * 4) - dotFloat<f32>(k, state, keySize));
    addScaled(state, k, lineBytes, f32x4.splat(change));
    store<f32>(out + line * 4, dotFloat<f32>(q, state, keySize));
    state += lineBytes;
  }
}

// @ts-ignore: decorator
@inline
function scale(values: usize, bytes: u32, factor: v128): void {
  let i: u32 = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(values + i, f32x4.mul(v128.load(values + i), factor));
  for (; i < bytes; i += 4) store<f32>(values + i, load<f32>(values + i) * f32x4.extract_lane(factor, 0));
}

/** values + factor * addend. */
// @ts-ignore: decorator
@inline
function addScaled(values: usize, addend: usize, bytes: u32, factor: v128): void {
  let i: u32 = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(values + i, madd(factor, v128.load(addend + i), v128.load(values + i)));
  }
  for (; i < bytes; i += 4) {
    const sum = madd(factor, v128.load32_splat(addend + i), v128.load32_splat(values + i));
    store<f32>(values + i, f32x4.extract_lane(sum, 0));
  }
}
