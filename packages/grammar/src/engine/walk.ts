// Walks the trie of the vocabulary along a reading: which tokens it accepts, and where it leaves its rule.
import { createIntegers, type Integers } from '../common/integers.ts';
import type { TokenTrie } from '../vocabulary.ts';
import type { Reading, Readings } from './readings.ts';

/** What a walk found, as nodes of the trie. A node may be listed more than once. */
export interface Found {
  /** Nodes whose tokens are accepted. */
  readonly accepted: Integers;
  /** Nodes below which tokens go on after the rule has ended. */
  readonly exits: Integers;
}

/** Nothing found yet. */
export function nothingFound(): Found {
  return { accepted: createIntegers(), exits: createIntegers() };
}

/**
 * A whole walk along a reading that leads back to itself, such as the inside of a string. Below every node at which the
 * reading stands again, the walk is a part of the whole walk.
 */
export interface Loop {
  /** 1 for each node at which the reading stands again. */
  readonly isHere: Uint8Array;
  /** Sorted nodes. */
  readonly accepted: Int32Array;
  /** Sorted nodes. */
  readonly exits: Int32Array;
  /** Bytes of memory. */
  readonly bytes: number;
}

/** Walks tries. */
export interface Walker {
  /** Adds what lies below a node, where a reading stands, to `found`. */
  walk(node: number, reading: Reading, found: Found): void;
  /** Adds what lies at and below a node to `found`. The reading stands at the node; null if nothing matched. */
  visit(node: number, reading: Reading | null, found: Found): void;
  /** The whole walk of a loop. */
  wholeWalk(reading: Reading): Loop;
}

/**
 * A walker.
 *
 * @param loopOf the whole walk of a reading that leads back to itself; `make` computes it
 */
export function createWalker(
  trie: TokenTrie,
  readings: Readings,
  loopOf: (state: number, make: () => Loop) => Loop,
): Walker {
  const { byteOf, ends, tokenAt } = trie;

  /** The reading whose whole walk is being computed, and the nodes where it stood. */
  let whole: Reading | undefined;
  let isHere: Uint8Array | undefined;

  function walk(node: number, reading: Reading, found: Found): void {
    if (reading.fewBytes !== undefined) {
      for (const byte of reading.fewBytes) {
        const child = trie.child(node, byte);
        if (child >= 0) visit(child, readings.after(reading, byte), found);
      }
      return;
    }
    if (reading === whole) {
      if (isHere !== undefined) isHere[node] = 1;
    } else if (reading.isLoop && whole === undefined) {
      const loop = loopOf(reading.states[0], () => wholeWalk(reading));
      if (loop.isHere[node] === 1) return addPart(loop, node, found);
    }
    const end = ends[node];
    for (let child = node + 1; child < end; child = ends[child]) {
      const byte = byteOf[child];
      const known = reading.next[byte];
      const next = known === undefined ? readings.after(reading, byte) : known;
      if (next === null) continue;
      if (tokenAt[child] >= 0) found.accepted.push(child);
      if (ends[child] === child + 1) continue;
      if (next.mayEnd) found.exits.push(child);
      if (next.states.length > 0) walk(child, next, found);
    }
  }

  function visit(node: number, reading: Reading | null, found: Found): void {
    if (reading === null) return;
    if (tokenAt[node] >= 0) found.accepted.push(node);
    if (ends[node] === node + 1) return;
    if (reading.mayEnd) found.exits.push(node);
    if (reading.states.length > 0) walk(node, reading, found);
  }

  function wholeWalk(reading: Reading): Loop {
    const found = nothingFound();
    isHere = new Uint8Array(byteOf.length);
    whole = reading;
    try {
      walk(0, reading, found);
      const accepted = found.accepted.toArray();
      const exits = found.exits.toArray();
      return { isHere, accepted, exits, bytes: isHere.length + 4 * (accepted.length + exits.length) };
    } finally {
      whole = undefined;
      isHere = undefined;
    }
  }

  function addPart({ accepted, exits }: Loop, node: number, found: Found): void {
    const end = ends[node];
    found.accepted.pushPart(accepted, firstFrom(accepted, node + 1), firstFrom(accepted, end));
    found.exits.pushPart(exits, firstFrom(exits, node + 1), firstFrom(exits, end));
  }

  return { walk, visit, wholeWalk };
}

/** The index of the first element that is at least `value`. */
function firstFrom(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
