// A small vocabulary that meets what is difficult: tokens across rules, characters split between tokens, equal tokens.
import { tokenTrieOf, type TokenTrie } from '../index.ts';

const pieces =
  'true false null tr ue nu ll abc ab bc the  the é 漢 🔵 🔵🔵 123 45 0. -1 e5 ": "} "] ", {" [" "," ":" "]} }, ]] {} [] \\" \\n \\u 00 aa aaa'
    .split(' ')
    .concat(['  ', '\n', '\n  ', ', ', ': ', '": ', '", "', '"\n}', ' the', '"a":', '"b": ']);

const encoder = new TextEncoder();

/** Token 0 ends a text, token 1 is a control token, then all single bytes, then pieces of text, one of them twice. */
export const smallTokens: readonly (Uint8Array | undefined)[] = [
  undefined,
  undefined,
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...pieces.filter((piece) => piece !== '').map((piece) => encoder.encode(piece)),
  encoder.encode('true'),
  // The second half of a character with the first half of the next.
  Uint8Array.of(0x94, 0xb5, 0xf0, 0x9f),
  Uint8Array.of(0xf0, 0x9f),
  Uint8Array.of(0xe6, 0xbc),
];

/** The token that ends a text. */
export const endToken = 0;

/** The vocabulary as a trie. */
export const smallTrie: TokenTrie = tokenTrieOf(smallTokens);

/** The tokens of a mask. */
export function tokensOf(mask: Uint32Array): number[] {
  const tokens: number[] = [];
  for (let token = 0; token < 32 * mask.length; token++) {
    if (((mask[token >>> 5] >>> (token & 31)) & 1) === 1) tokens.push(token);
  }
  return tokens;
}
