// Byte-level BPE (`tokenizer.ggml.model` = `gpt2`): text is cut into words, words into bytes, and bytes are merged in
// the order the merges were learned. Source: Sennrich et al. 2016 (arXiv 1508.07909); GPT-2 for the bytes.
import { quoted, RondoError } from '@rondo/errors';
import { bytesOfCharacters, characterOfByte } from './byte-characters.ts';
import { mergePairs, startMerging, type PairMerge } from './merge-pairs.ts';
import { eachWord, splitWords, type PreTokenizer } from './pre-tokenizers.ts';
import type { TokenTable } from './token-table.ts';
import type { TextCodec } from './text-codec.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';
import { cachedWords } from './word-cache.ts';

// A byte that no token spells takes part as a symbol that nothing merges with.
const noToken = -1;

function badMerge(index: number, merge: string, why: string): RondoError {
  return new RondoError(
    'BAD_VOCABULARY',
    `Merge ${index}, ${quoted(merge)}, ${why}. tokenizer.ggml.merges does not belong to tokenizer.ggml.tokens.`,
    { details: { index, merge } },
  );
}

// Pairs of ids as one number: exact up to 2^26 tokens, far beyond any vocabulary.
function readMerges(merges: readonly string[], table: TokenTable): Map<number, PairMerge> {
  const mergeOfPair = new Map<number, PairMerge>();
  for (const [index, merge] of merges.entries()) {
    const space = merge.indexOf(' ', 1);
    if (space < 0) throw badMerge(index, merge, 'is no pair separated by a space');
    const leftText = merge.slice(0, space);
    const rightText = merge.slice(space + 1);
    const left = table.idOf(leftText);
    const right = table.idOf(rightText);
    const symbol = table.idOf(leftText + rightText);
    if (left === undefined || right === undefined || symbol === undefined) {
      const absent = left === undefined ? leftText : right === undefined ? rightText : leftText + rightText;
      throw badMerge(index, merge, `names ${quoted(absent)}, which is no token`);
    }
    // Bytes of plain text must never come together as a control token.
    if (table.plainIdOf(leftText + rightText) === undefined) continue;
    const pair = left * table.size + right;
    if (!mergeOfPair.has(pair)) mergeOfPair.set(pair, { cost: index, symbol });
  }
  return mergeOfPair;
}

/**
 * Encoding of text without special tokens, and the bytes of each token.
 *
 * @throws RondoError `BAD_VOCABULARY` where merges are missing or name absent tokens
 */
export function createByteLevelBpe(vocabulary: Vocabulary, table: TokenTable, pre: PreTokenizer): TextCodec {
  if (vocabulary.merges === undefined) {
    throw new RondoError(
      'BAD_VOCABULARY',
      'A vocabulary of the model "gpt2" needs tokenizer.ggml.merges, and the file has none. Convert the model again.',
    );
  }
  const mergeOfPair = readMerges(vocabulary.merges, table);
  const mergeOf = (left: number, right: number): PairMerge | undefined =>
    left < 0 || right < 0 ? undefined : mergeOfPair.get(left * table.size + right);
  const idOfByte = Int32Array.from(characterOfByte, (character) => table.plainIdOf(character) ?? noToken);
  const utf8 = new TextEncoder();

  const symbolsOf = (bytes: Uint8Array): number[] => Array.from(bytes, (byte) => idOfByte[byte] ?? noToken);
  // Bytes that are no tokens are dropped, as in llama.cpp: the unknown token is a control token in many vocabularies.
  const idsOf = (symbols: number[]): number[] =>
    symbols.includes(noToken) ? symbols.filter((id) => id !== noToken) : symbols;

  const encodeWord = cachedWords((word) => {
    const bytes = utf8.encode(word);
    if (pre.ignoreMerges) {
      let spelled = '';
      for (const byte of bytes) spelled += characterOfByte[byte] ?? '';
      const id = table.plainIdOf(spelled);
      if (id !== undefined) return [id];
    }
    return idsOf(mergePairs(symbolsOf(bytes), mergeOf));
  });

  return {
    encode(text, _afterSpecial, output) {
      for (const word of splitWords(text, pre.expressions)) {
        for (const id of encodeWord(word)) output.push(id);
      }
    },
    words: (text) => eachWord(text, pre.expressions),
    encodeWord,
    startWord(word) {
      // No token is as long as what is encoded in steps.
      const merging = startMerging(symbolsOf(utf8.encode(word)), mergeOf);
      return { run: merging.run, ids: () => idsOf(merging.remaining()) };
    },
    losesNothing: idOfByte.every((id) => id !== noToken),
    bytesOfToken(text, type) {
      if (type !== tokenType.normal) return utf8.encode(text);
      return bytesOfCharacters(text) ?? utf8.encode(text);
    },
  };
}
