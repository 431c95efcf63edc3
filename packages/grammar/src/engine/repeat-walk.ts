// What follows the repetitions of a rule at one place of a grammar, such as the quotation mark after a string.
import { createIntegers } from '../common/integers.ts';
import type { TokenTrie } from '../vocabulary.ts';
import { overheadBytes, type Outcome } from './outcome.ts';
import type { Reading, Readings } from './readings.ts';
import { addNode } from './token-set.ts';
import type { Counted, UnitWalk } from './unit-walk.ts';
import { nothingFound, type Walker } from './walk.ts';

/** What follows the repetitions. Counts are repetitions before the repeat was left. */
export interface RepeatWalk {
  readonly unit: UnitWalk;
  /** The only state that reads the first byte of a repetition. */
  readonly startState: number;
  readonly accepted: Counted;
  readonly exits: Counted;
  /** Whether the rule may end right after a repetition. */
  readonly mayEnd: boolean;
  /** Bytes of memory, without those of `unit`. */
  readonly bytes: number;
}

/** Walks from every end of a repetition along what follows the repeat. */
export function walkRepeat(
  trie: TokenTrie,
  readings: Readings,
  walker: Walker,
  unit: UnitWalk,
  after: Reading,
): RepeatWalk {
  const start = readings.at(unit.start);
  const found = nothingFound();
  const acceptedCounts = createIntegers();
  const exitCounts = createIntegers();
  const overlaps = Array.from({ length: 256 }, (_, byte) => byte).some(
    (byte) => readings.after(start, byte) !== null && readings.after(after, byte) !== null,
  );
  const { nodes, counts } = overlaps ? unit.boundaries : unit.leaving;
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (overlaps) walker.walk(node, after, found);
    else walker.visit(node, readings.after(after, trie.byteOf[node]), found);
    while (acceptedCounts.length < found.accepted.length) acceptedCounts.push(counts[i]);
    while (exitCounts.length < found.exits.length) exitCounts.push(counts[i]);
  }
  return {
    unit,
    startState: start.states[0],
    accepted: { nodes: found.accepted.toArray(), counts: acceptedCounts.toArray() },
    exits: { nodes: found.exits.toArray(), counts: exitCounts.toArray() },
    mayEnd: after.mayEnd,
    bytes: 8 * (found.accepted.length + found.exits.length),
  };
}

/**
 * The outcome before a repetition.
 *
 * @param min repetitions that must still come, including this one
 * @param max repetitions that may still come, including this one
 */
export function outcomeOfRepeat(trie: TokenTrie, repeat: RepeatWalk, min: number, max: number): Outcome {
  const { unit, accepted, exits, mayEnd } = repeat;
  const known = Math.min(max, unit.bits.length - 1);
  const bits = unit.bits[known].slice();
  const { nodes, counts } = unit.inside;
  // The last nodes have the most repetitions.
  for (let i = nodes.length - 1; i >= 0 && counts[i] > known; i--) {
    if (counts[i] <= max) addNode(bits, trie, nodes[i]);
  }
  for (const node of within(accepted, min, max)) addNode(bits, trie, node);
  const left = within(exits, min, max);
  let all: Int32Array | undefined;
  return {
    tokens: { list: undefined, bits },
    exits() {
      all ??= Int32Array.from(mayEnd ? [...left, ...within(unit.boundaries, min, max)] : left).sort();
      return all;
    },
    after: new Map(),
    bytes: overheadBytes + bits.byteLength + 4 * (left.length + (mayEnd ? unit.boundaries.nodes.length : 0)),
  };
}

function within({ nodes, counts }: Counted, min: number, max: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < nodes.length; i++) if (counts[i] >= min && counts[i] <= max) kept.push(nodes[i]);
  return kept;
}
