// The symbols that byte-pair encoding merges: bytes in the alphabet of GPT-2, or characters, with byte tokens for
// characters that are no token.
import { bytesOfCharacters, characterOfByte } from './byte-characters.ts';
import { byteTokens } from './fallback-tokens.ts';
import { unmarkSpaces } from './space-mark.ts';
import type { TokenTable } from './token-table.ts';
import { tokenType } from './vocabulary.ts';

/** The symbols that merging begins with. A symbol outside the ids of the vocabulary merges with nothing. */
export interface Alphabet {
  symbolsOf(word: string): number[];
  /** The ids of the symbols that remain after merging. */
  idsOf(symbols: number[]): number[];
  /** A word in the spelling of the vocabulary. */
  spelled(word: string): string;
  /** The UTF-8 bytes of a token. */
  bytesOfToken(text: string, type: number): Uint8Array;
  /** Whether each character of a text becomes part of one of its tokens. */
  readonly losesNothing: boolean;
}

const utf8 = new TextEncoder();

// A byte that no token spells takes part as a symbol that merges with nothing.
const noToken = -1;

/** The 256 bytes, each written as a character. */
export function bytesAlphabet(table: TokenTable): Alphabet {
  const idOfByte = Int32Array.from(characterOfByte, (character) => table.plainIdOf(character) ?? noToken);
  return {
    symbolsOf: (word) => Array.from(utf8.encode(word), (byte) => idOfByte[byte] ?? noToken),
    // Bytes that are no tokens are dropped, as in llama.cpp, because the unknown token is a control token in many
    // vocabularies.
    idsOf: (symbols) => (symbols.includes(noToken) ? symbols.filter((id) => id !== noToken) : symbols),
    spelled(word) {
      let spelled = '';
      for (const byte of utf8.encode(word)) spelled += characterOfByte[byte] ?? '';
      return spelled;
    },
    bytesOfToken(text, type) {
      if (type !== tokenType.normal) return utf8.encode(text);
      return bytesOfCharacters(text) ?? utf8.encode(text);
    },
    losesNothing: idOfByte.every((id) => id !== noToken),
  };
}

/** The alphabet of plain characters. */
export function charactersAlphabet(table: TokenTable, marksSpaces: boolean): Alphabet {
  const idOfByte = byteTokens(table);
  const bytesOf = (text: string): number[] => {
    const ids = Array.from(utf8.encode(text), (byte) => idOfByte[byte] ?? noToken);
    return ids.filter((id) => id !== noToken);
  };
  return {
    // A character that is no token gets a number above all ids.
    symbolsOf: (word) =>
      Array.from(
        word,
        (character) => table.plainIdOf(character) ?? table.size + (character.codePointAt(0) ?? 0),
      ),
    idsOf: (symbols) =>
      symbols.every((symbol) => symbol < table.size)
        ? symbols
        : symbols.flatMap((symbol) =>
            symbol < table.size ? [symbol] : bytesOf(String.fromCodePoint(symbol - table.size)),
          ),
    spelled: (word) => word,
    bytesOfToken: (text, type) =>
      utf8.encode(marksSpaces && type === tokenType.normal ? unmarkSpaces(text) : text),
    losesNothing: idOfByte.every((id) => id !== noToken),
  };
}
