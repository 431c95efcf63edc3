// A set of tokens, as a list if it is small and as bits if it is large.

import type { TokenTrie } from '../vocabulary.ts';

/** A set of tokens. */
export interface TokenSet {
  /** The tokens, in a small set. */
  readonly list: Int32Array | undefined;
  /** Bit t % 32 of word t / 32 for token t, in a large set. */
  readonly bits: Uint32Array | undefined;
}

/** The words of a bit set of `tokens` tokens. */
export function wordsOf(tokens: number): number {
  return Math.ceil(tokens / 32);
}

/** A set of the listed tokens and of the tokens at some nodes of a trie. Both may repeat. */
export function tokenSetOf(listed: readonly number[], trie: TokenTrie, nodes: Int32Array): TokenSet {
  const words = wordsOf(trie.tokens);
  const { tokenAt, sameAs } = trie;
  if (listed.length + nodes.length > words) {
    const bits = new Uint32Array(words);
    for (const token of listed) bits[token >>> 5] |= 1 << (token & 31);
    for (const node of nodes) addNode(bits, trie, node);
    return { list: undefined, bits };
  }
  const list = [...listed];
  for (const node of nodes) {
    for (let token = tokenAt[node]; token >= 0; token = sameAs[token]) list.push(token);
  }
  return { list: Int32Array.from(list), bits: undefined };
}

/** Adds the tokens at a node of a trie to a bit set. */
export function addNode(bits: Uint32Array, { tokenAt, sameAs }: TokenTrie, node: number): void {
  for (let token = tokenAt[node]; token >= 0; token = sameAs[token]) bits[token >>> 5] |= 1 << (token & 31);
}

/** Adds a set to a bit set. */
export function addTo(mask: Uint32Array, { list, bits }: TokenSet): void {
  if (list !== undefined) for (const token of list) mask[token >>> 5] |= 1 << (token & 31);
  if (bits !== undefined) for (let word = 0; word < mask.length; word++) mask[word] |= bits[word];
}

/** Bytes of memory of a set. */
export function bytesOf({ list, bits }: TokenSet): number {
  return (list?.byteLength ?? 0) + (bits?.byteLength ?? 0);
}
