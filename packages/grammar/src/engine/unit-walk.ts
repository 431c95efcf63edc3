// A repeated rule, such as the characters of a string with a maximum length: one walk through the vocabulary counts the
// repetitions in each token, and serves every number of repetitions that are left.
import type { TokenTrie } from '../vocabulary.ts';
import type { Reading, Readings } from './readings.ts';
import { addTokens } from './walk.ts';

/** Numbered things: item i of `items` stands after, or in, repetition `counts[i]`. */
export interface Counted {
  readonly items: Int32Array;
  readonly counts: Int32Array;
}

/** What the repetitions of a rule meet in the vocabulary. */
export interface UnitWalk {
  /** Tokens inside of repetitions, from the most repetitions to the least. The count includes the last, begun one. */
  readonly tokens: Counted;
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
  if (start.mayEnd || start.states.length !== 1) return undefined;
  const { byteOf, ends } = trie;
  const tokens: Growing = { items: [], counts: [] };
  const boundaries: Growing = { items: [], counts: [] };
  const leaving: Growing = { items: [], counts: [] };

  /** @returns whether repetitions can be counted */
  function visitChildren(node: number, reading: Reading, isBoundary: boolean, count: number): boolean {
    const end = ends[node];
    for (let child = node + 1; child < end; child = ends[child]) {
      const next = readings.after(reading, byteOf[child]);
      if (next === null) {
        if (isBoundary && count > 0) add(leaving, child, count);
        continue;
      }
      const begun = isBoundary ? count + 1 : count;
      addTokens(trie, child, tokens.items);
      while (tokens.counts.length < tokens.items.length) tokens.counts.push(begun);
      if (next.mayEnd && next.states.length > 0) return false;
      if (ends[child] === child + 1) continue;
      if (next.mayEnd) add(boundaries, child, begun);
      if (!visitChildren(child, next.mayEnd ? start : next, next.mayEnd, begun)) return false;
    }
    return true;
  }

  if (!visitChildren(0, start, true, 0)) return undefined;
  const order = tokens.items.map((_, i) => i).toSorted((a, b) => tokens.counts[b] - tokens.counts[a]);
  return {
    tokens: {
      items: Int32Array.from(order, (i) => tokens.items[i]),
      counts: Int32Array.from(order, (i) => tokens.counts[i]),
    },
    boundaries: toCounted(boundaries),
    leaving: toCounted(leaving),
    start: unit,
    bytes: 8 * (tokens.items.length + boundaries.items.length + leaving.items.length),
  };
}

interface Growing {
  readonly items: number[];
  readonly counts: number[];
}

function add({ items, counts }: Growing, item: number, count: number): void {
  items.push(item);
  counts.push(count);
}

function toCounted({ items, counts }: Growing): Counted {
  return { items: Int32Array.from(items), counts: Int32Array.from(counts) };
}
