// How unigram vocabularies change a text before it is cut into tokens: characters are replaced, and spaces are marked,
// merged and put in front.
import { createByteTrie } from './byte-trie.ts';
import { readCharacterMap } from './character-map.ts';
import { spaceMark } from './space-mark.ts';
import type { TokenTable } from './token-table.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';

const space = 0x20;
const utf8 = new TextEncoder();

/** The normalization of a text, in steps. */
export interface Normalizing {
  /** Continues for at most this many bytes of the text; returns true when the whole text is normalized. */
  run(bytes: number): boolean;
  /** The normalized text, once `run` has returned true. */
  result(): Uint8Array;
}

/** @throws RondoError `BAD_VOCABULARY` for a damaged table of replacements */
export function createUnigramNormalizer(
  { precompiledCharsmap, addSpacePrefix = false, removeExtraWhitespaces = false }: Vocabulary,
  table: TokenTable,
): (text: Uint8Array) => Normalizing {
  const characters = precompiledCharsmap && readCharacterMap(Uint8Array.from(precompiledCharsmap));
  const addedByHand = table.texts.flatMap((text, id): [Uint8Array, number][] =>
    table.types[id] === tokenType.userDefined ? [[utf8.encode(text), id]] : [],
  );
  const added = createByteTrie(addedByHand);
  const mark = utf8.encode(spaceMark);

  /** The length in bytes of a user-defined token at `at`: its text stays unchanged, as in llama.cpp. */
  const lengthKept = (text: Uint8Array, at: number): number => {
    let end = at;
    let node = 0;
    while (end < text.length && (node = added.child(node, text[end] ?? 0)) >= 0) end++;
    return end - at;
  };

  return (text) => {
    const changed = growingBytes(text.length * 2);
    let at = 0;
    let isInWord = false;
    let hasPrefix = false;
    const append = (bytes: Uint8Array): void => {
      for (const byte of bytes) {
        if (byte === space) {
          isInWord = false;
          if (!removeExtraWhitespaces) changed.append(mark);
          continue;
        }
        if (!isInWord && (removeExtraWhitespaces || (addSpacePrefix && !hasPrefix))) {
          changed.append(mark);
          hasPrefix = true;
        }
        isInWord = true;
        changed.push(byte);
      }
    };
    return {
      run(bytes) {
        const end = Math.min(text.length, at + bytes);
        while (at < end) {
          const kept = addedByHand.length === 0 ? 0 : lengthKept(text, at);
          const match = kept > 0 ? undefined : characters?.match(text, at);
          const length = match?.length ?? Math.max(kept, 1);
          append(match?.replacement ?? text.subarray(at, at + length));
          at += length;
        }
        return at >= text.length;
      },
      result: changed.bytes,
    };
  };
}

interface GrowingBytes {
  push(byte: number): void;
  append(bytes: Uint8Array): void;
  bytes(): Uint8Array;
}

function growingBytes(expected: number): GrowingBytes {
  let bytes = new Uint8Array(Math.max(expected, 16));
  let length = 0;
  const push = (byte: number): void => {
    if (length === bytes.length) {
      const longer = new Uint8Array(length * 2);
      longer.set(bytes);
      bytes = longer;
    }
    bytes[length++] = byte;
  };
  return {
    push,
    append(more) {
      for (const byte of more) push(byte);
    },
    bytes: () => bytes.subarray(0, length),
  };
}
