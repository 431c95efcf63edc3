// Walks the trie of the vocabulary along a reading: which tokens it accepts, and where it leaves its rule.
import type { TokenTrie } from '../vocabulary.ts';
import type { Reading, Readings } from './readings.ts';

/** What a walk found. */
export interface Found {
  /** Accepted tokens; a token may be listed more than once. */
  readonly tokens: number[];
  /** Nodes below which tokens go on after the rule has ended. */
  readonly exits: number[];
}

/** Adds what lies below a node, where the reading stands, to `found`. */
export function walk(
  trie: TokenTrie,
  readings: Readings,
  node: number,
  reading: Reading,
  found: Found,
): void {
  const { byteOf, ends } = trie;
  if (reading.fewBytes !== undefined) {
    for (const byte of reading.fewBytes) {
      const child = trie.child(node, byte);
      if (child >= 0) visit(trie, readings, child, readings.after(reading, byte), found);
    }
    return;
  }
  const end = ends[node];
  for (let child = node + 1; child < end; child = ends[child]) {
    const byte = byteOf[child];
    const next = reading.next[byte];
    visit(trie, readings, child, next === undefined ? readings.after(reading, byte) : next, found);
  }
}

function visit(
  trie: TokenTrie,
  readings: Readings,
  node: number,
  reading: Reading | null,
  found: Found,
): void {
  if (reading === null) return;
  addTokens(trie, node, found.tokens);
  if (trie.ends[node] === node + 1) return;
  if (reading.mayEnd) found.exits.push(node);
  if (reading.states.length > 0) walk(trie, readings, node, reading, found);
}

/** Adds the tokens that end at a node. */
export function addTokens(trie: TokenTrie, node: number, tokens: number[]): void {
  for (let token = trie.tokenAt[node]; token >= 0; token = trie.sameAs[token]) tokens.push(token);
}
