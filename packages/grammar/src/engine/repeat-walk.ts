// What follows the repetitions of a rule at one place of a grammar, such as the quotation mark after a string.
import type { TokenTrie } from '../vocabulary.ts';
import { overheadBytes, type Outcome } from './outcome.ts';
import type { Reading, Readings } from './readings.ts';
import { wordsOf } from './token-set.ts';
import type { Counted, UnitWalk } from './unit-walk.ts';
import { addTokens, walk, type Found } from './walk.ts';

/** What follows the repetitions. Counts are repetitions before the repeat was left. */
export interface RepeatWalk {
  readonly unit: UnitWalk;
  /** The only state that reads the first byte of a repetition. */
  readonly startState: number;
  readonly tokens: Counted;
  readonly exits: Counted;
  /** Whether the rule may end right after a repetition. */
  readonly mayEnd: boolean;
  /** Bytes of memory, without those of `unit`. */
  readonly bytes: number;
}

/** Walks from every end of a repetition along what follows the repeat. */
export function walkRepeat(trie: TokenTrie, readings: Readings, unit: UnitWalk, after: Reading): RepeatWalk {
  const start = readings.at(unit.start);
  const found: Found = { tokens: [], exits: [] };
  const tokenCounts: number[] = [];
  const exitCounts: number[] = [];
  const overlaps = Array.from({ length: 256 }, (_, byte) => byte).some(
    (byte) => readings.after(start, byte) !== null && readings.after(after, byte) !== null,
  );
  const { items, counts } = overlaps ? unit.boundaries : unit.leaving;
  for (const [i, node] of items.entries()) {
    if (overlaps) walk(trie, readings, node, after, found);
    else visitLeaving(trie, readings, node, after, found);
    while (tokenCounts.length < found.tokens.length) tokenCounts.push(counts[i]);
    while (exitCounts.length < found.exits.length) exitCounts.push(counts[i]);
  }
  return {
    unit,
    startState: start.states[0],
    tokens: { items: Int32Array.from(found.tokens), counts: Int32Array.from(tokenCounts) },
    exits: { items: Int32Array.from(found.exits), counts: Int32Array.from(exitCounts) },
    mayEnd: after.mayEnd,
    bytes: 8 * (found.tokens.length + found.exits.length),
  };
}

function visitLeaving(trie: TokenTrie, readings: Readings, node: number, after: Reading, found: Found): void {
  const next = readings.after(after, trie.byteOf[node]);
  if (next === null) return;
  addTokens(trie, node, found.tokens);
  if (trie.ends[node] === node + 1) return;
  if (next.mayEnd) found.exits.push(node);
  if (next.states.length > 0) walk(trie, readings, node, next, found);
}

/**
 * The outcome before a repetition.
 *
 * @param min repetitions that must still come, including this one
 * @param max repetitions that may still come, including this one
 */
export function outcomeOfRepeat(trie: TokenTrie, repeat: RepeatWalk, min: number, max: number): Outcome {
  const { unit, tokens, exits, mayEnd } = repeat;
  const bits = new Uint32Array(wordsOf(trie.tokens));
  const inside = unit.tokens;
  // The tokens are sorted from the most repetitions to the least.
  for (let i = inside.items.length - 1; i >= 0 && inside.counts[i] <= max; i--) {
    const token = inside.items[i];
    bits[token >>> 5] |= 1 << (token & 31);
  }
  for (const token of within(tokens, min, max)) bits[token >>> 5] |= 1 << (token & 31);
  const left = within(exits, min, max);
  let all: Int32Array | undefined;
  return {
    tokens: { list: undefined, bits },
    exits() {
      all ??= Int32Array.from(mayEnd ? [...left, ...within(unit.boundaries, min, max)] : left);
      return all;
    },
    after: new Map(),
    bytes: overheadBytes + bits.byteLength + 4 * (left.length + (mayEnd ? unit.boundaries.items.length : 0)),
  };
}

function within({ items, counts }: Counted, min: number, max: number): number[] {
  const kept: number[] = [];
  for (const [i, count] of counts.entries()) if (count >= min && count <= max) kept.push(items[i]);
  return kept;
}
