// SentencePiece as Llama uses it (`tokenizer.ggml.model` = `llama`): characters are joined pair by pair, beginning with
// the pair whose token has the highest score. Text that no token spells is written byte by byte. Source: Kudo and
// Richardson 2018 (arXiv 1808.06226), its BPE mode.
import { byteTokens, unknownToken } from './fallback-tokens.ts';
import { mergePairs, startMerging, type PairMerge } from './merge-pairs.ts';
import { hasInnerSpace, markSpaces, unmarkSpaces, wordStart } from './space-mark.ts';
import type { TokenTable } from './token-table.ts';
import type { TextCodec } from './text-codec.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';
import { cachedWords } from './word-cache.ts';

const mostCachedPairs = 1 << 18;

/** Encoding of text without special tokens, and the bytes of each token. */
export function createSentencePiece(vocabulary: Vocabulary, table: TokenTable): TextCodec {
  // Without scores all pairs are equal, and the leftmost pair comes first, as in llama.cpp.
  const { scores } = vocabulary;
  const addSpacePrefix = vocabulary.addSpacePrefix ?? true;
  const idOfByte = byteTokens(table);
  const unknownId = unknownToken(table, vocabulary.unknownId ?? table.idOf('<unk>'));
  const utf8 = new TextEncoder();
  const isCut = !hasInnerSpace(table);

  // A character that is no token may still be part of a token, so it gets a number above all ids.
  const textOf = (symbol: number): string =>
    symbol < table.size ? (table.texts[symbol] ?? '') : String.fromCodePoint(symbol - table.size);
  const mergeOfPair = new Map<number, PairMerge | undefined>();
  const mergeOf = (left: number, right: number): PairMerge | undefined => {
    const pair = left * (table.size + 0x110000) + right;
    let merge = mergeOfPair.get(pair);
    if (merge === undefined && !mergeOfPair.has(pair)) {
      const symbol = table.plainIdOf(textOf(left) + textOf(right));
      if (symbol !== undefined) merge = { cost: -(scores?.[symbol] ?? 0), symbol };
      if (mergeOfPair.size >= mostCachedPairs) mergeOfPair.clear();
      mergeOfPair.set(pair, merge);
    }
    return merge;
  };

  function symbolsOf(word: string): number[] {
    const symbols: number[] = [];
    for (const character of word) {
      symbols.push(table.plainIdOf(character) ?? table.size + (character.codePointAt(0) ?? 0));
    }
    return symbols;
  }

  function idsOf(symbols: readonly number[]): number[] {
    const ids: number[] = [];
    for (const symbol of symbols) {
      if (symbol < table.size) {
        ids.push(symbol);
        continue;
      }
      for (const byte of utf8.encode(textOf(symbol))) {
        const id = idOfByte[byte] ?? -1;
        if (id >= 0) ids.push(id);
        else if (unknownId !== undefined) ids.push(unknownId);
      }
    }
    return ids;
  }

  const encodeWord = cachedWords((word) => idsOf(mergePairs(symbolsOf(word), mergeOf)));

  function words(text: string, afterSpecial: boolean): string[] {
    const marked = markSpaces(addSpacePrefix && afterSpecial ? ` ${text}` : text);
    return isCut ? marked.split(wordStart) : [marked];
  }

  return {
    encode(text, afterSpecial, output) {
      for (const word of words(text, afterSpecial)) {
        for (const id of encodeWord(word)) output.push(id);
      }
    },
    words,
    encodeWord,
    startWord(word) {
      const merging = startMerging(symbolsOf(word), mergeOf);
      return { run: merging.run, ids: () => idsOf(merging.remaining()) };
    },
    losesNothing: unknownId !== undefined || idOfByte.every((id) => id >= 0),
    bytesOfToken(text, type) {
      return utf8.encode(type === tokenType.normal ? unmarkSpaces(text) : text);
    },
  };
}
