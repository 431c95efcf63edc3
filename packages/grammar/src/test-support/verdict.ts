// Whether a grammar matches a text, byte by byte.
import { createMatcher, tokenTrieOf, type Grammar, type TokenTrie } from '../index.ts';
import type { TextPart } from './cpp-literals.ts';

/** A vocabulary of all single bytes. */
export const byteTrie: TokenTrie = tokenTrieOf(Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)));

const encoder = new TextEncoder();

/** Whether the grammar matches the whole text. */
export function matches(grammar: Grammar, text: string): boolean {
  const matcher = createMatcher(grammar, byteTrie, { endTokens: [] });
  for (const byte of encoder.encode(text)) {
    if (!matcher.allows(byte)) return false;
    matcher.accept(byte);
  }
  return matcher.canEnd;
}

/**
 * Whether the grammar matches a text with control tokens. As in llama.cpp's test, each character is one token; the ids of
 * characters come after those of the control tokens.
 */
export function matchesTokens(grammar: Grammar, parts: readonly TextPart[]): boolean {
  const controls = 32;
  const characters = [...new Set(parts.flatMap((part) => (typeof part === 'string' ? [...part] : [])))];
  const trie = tokenTrieOf([
    ...Array.from({ length: controls }, () => undefined),
    ...characters.map((character) => encoder.encode(character)),
  ]);
  const tokens = parts.flatMap((part) =>
    typeof part === 'string' ? [...part].map((each) => controls + characters.indexOf(each)) : [part.token],
  );
  const matcher = createMatcher(grammar, trie, { endTokens: [] });
  for (const token of tokens) {
    const mask = matcher.mask();
    const isAllowed = ((mask[token >>> 5] >>> (token & 31)) & 1) === 1;
    if (isAllowed !== matcher.allows(token)) throw new Error(`The mask is wrong about token ${token}.`);
    if (!isAllowed) return false;
    matcher.accept(token);
  }
  return matcher.canEnd;
}
