// A repeated rule, such as the characters of a string with a maximum length: one walk through the vocabulary counts the
// repetitions in each token, and serves every number of repetitions that are left.
import { createIntegers, type Integers } from '../common/integers.ts';
import type { TokenTrie } from '../vocabulary.ts';
import type { Reading, Readings } from './readings.ts';
import { addNode, wordsOf } from './token-set.ts';

/** Repetitions up to which a bit set is kept for each number. Few tokens have more characters. */
const mostBitSets = 12;

/** Numbered nodes: node i of `nodes` stands after, or in, repetition `counts[i]`. */
export interface Counted {
  readonly nodes: Int32Array;
  readonly counts: Int32Array;
}

/** What the repetitions of a rule meet in the vocabulary. */
export interface UnitWalk {
  /** Nodes with tokens inside of repetitions, from the fewest repetitions to the most. The last repetition counts, too. */
  readonly inside: Counted;
  /** For each number of repetitions from 0 to some, the bit set of the tokens inside of so many repetitions. */
  readonly bits: readonly Uint32Array[];
  /** The nodes at the ends of repetitions, with children. */
  readonly boundaries: Counted;
  /** The children of boundaries whose byte begins no further repetition. */
  readonly leaving: Counted;
  /** The first state of the rule. */
  readonly start: number;
  /** Bytes of memory. */
  readonly bytes: number;
}

/**
 * Walks through repetitions of a rule without end. Undefined if a text does not determine where a repetition ends: then
 * repetitions cannot be counted so.
 *
 * @param unit the first state of the rule
 */
export function walkUnit(trie: TokenTrie, readings: Readings, unit: number): UnitWalk | undefined {
  const start = readings.at(unit);
  // A start inside of a called rule cannot be told from a later call of that rule.
  const isCalled = start.frames[0]?.below !== undefined;
  if (start.mayEnd || start.states.length !== 1 || isCalled) return undefined;
  const { byteOf, ends, tokenAt } = trie;
  const inside = growing();
  const boundaries = growing();
  const leaving = growing();

  /** @returns whether repetitions can be counted */
  function visitChildren(node: number, reading: Reading, isBoundary: boolean, count: number): boolean {
    const end = ends[node];
    const begun = isBoundary ? count + 1 : count;
    for (let child = node + 1; child < end; child = ends[child]) {
      const byte = byteOf[child];
      const known = reading.next[byte];
      const next = known === undefined ? readings.after(reading, byte) : known;
      if (next === null) {
        if (isBoundary && count > 0) add(leaving, child, count);
        continue;
      }
      if (tokenAt[child] >= 0) add(inside, child, begun);
      if (next.mayEnd && next.states.length > 0) return false;
      if (ends[child] === child + 1) continue;
      if (next.mayEnd) add(boundaries, child, begun);
      if (!visitChildren(child, next.mayEnd ? start : next, next.mayEnd, begun)) return false;
    }
    return true;
  }

  if (!visitChildren(0, start, true, 0)) return undefined;
  const sorted = byCount(toCounted(inside));
  const bits = bitsByCount(trie, sorted);
  return {
    inside: sorted,
    bits,
    boundaries: toCounted(boundaries),
    leaving: toCounted(leaving),
    start: unit,
    bytes:
      4 * bits.length * wordsOf(trie.tokens) +
      8 * (inside.nodes.length + boundaries.nodes.length + leaving.nodes.length),
  };
}

interface GrowingCounted {
  readonly nodes: Integers;
  readonly counts: Integers;
}

function growing(): GrowingCounted {
  return { nodes: createIntegers(), counts: createIntegers() };
}

function add({ nodes, counts }: GrowingCounted, node: number, count: number): void {
  nodes.push(node);
  counts.push(count);
}

function toCounted({ nodes, counts }: GrowingCounted): Counted {
  return { nodes: nodes.toArray(), counts: counts.toArray() };
}

/** Sorted from the least count to the greatest, by counting. */
function byCount({ nodes, counts }: Counted): Counted {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const next = new Int32Array(most + 2);
  for (const count of counts) next[count + 1] += 1;
  for (let i = 0; i <= most; i++) next[i + 1] += next[i];
  const sorted = { nodes: new Int32Array(nodes.length), counts: new Int32Array(nodes.length) };
  for (let i = 0; i < nodes.length; i++) {
    const at = next[counts[i]]++;
    sorted.nodes[at] = nodes[i];
    sorted.counts[at] = counts[i];
  }
  return sorted;
}

function bitsByCount(trie: TokenTrie, { nodes, counts }: Counted): Uint32Array[] {
  const all: Uint32Array[] = [];
  let bits = new Uint32Array(wordsOf(trie.tokens));
  let at = 0;
  for (let count = 0; count <= mostBitSets; count++) {
    for (; at < nodes.length && counts[at] <= count; at++) addNode(bits, trie, nodes[at]);
    all.push(bits);
    bits = bits.slice();
  }
  return all;
}
