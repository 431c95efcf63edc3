// Byte-pair encoding (`tokenizer.ggml.model` = `gpt2` and related): text is cut into words, and words into bytes or
// characters, which are merged in the order in which the merges were learned. Source: Sennrich et al. 2016 (arXiv
// 1508.07909).
import { quoted, RondoError } from '@rondo/errors';
import { bytesAlphabet, charactersAlphabet } from './alphabets.ts';
import { mergePairs, startMerging, type PairMerge } from './merge-pairs.ts';
import type { PreTokenizer } from './pre-tokenizers.ts';
import { hasInnerSpace, markSpaces, wordStarts } from './space-mark.ts';
import { eachWord, splitWords } from './split-words.ts';
import type { TokenTable } from './token-table.ts';
import type { TextCodec } from './text-codec.ts';
import type { Vocabulary } from './vocabulary.ts';
import { cachedWords } from './word-cache.ts';

function badMerge(index: number, merge: string, why: string): RondoError {
  return new RondoError(
    'BAD_VOCABULARY',
    `Merge ${index}, ${quoted(merge)}, ${why}. tokenizer.ggml.merges does not belong to tokenizer.ggml.tokens.`,
    { details: { index, merge } },
  );
}

// A pair of ids as one number: exact up to 2^26 tokens, far more than any vocabulary has.
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
    // Bytes of plain text must never merge into a control token.
    if (!table.isPlain(symbol)) continue;
    const pair = left * table.size + right;
    if (!mergeOfPair.has(pair)) mergeOfPair.set(pair, { cost: index, symbol });
  }
  return mergeOfPair;
}

/** The stretches of a text that are encoded separately; text outside all stretches is dropped. */
export type Stretches = (text: string) => Iterable<string>;

const newlines = /^\n+$/;

/**
 * Encoding of text without special tokens, and the bytes of each token.
 *
 * @param stretches default: the whole text
 * @throws RondoError `BAD_VOCABULARY` if merges are missing or name absent tokens
 */
export function createBytePairEncoding(
  vocabulary: Vocabulary,
  table: TokenTable,
  pre: PreTokenizer,
  stretches: Stretches = (text) => [text],
): TextCodec {
  if (vocabulary.merges === undefined && pre.needsNoMerges !== true) {
    throw new RondoError(
      'BAD_VOCABULARY',
      `A vocabulary of the model ${quoted(vocabulary.model)} needs tokenizer.ggml.merges, and the file has none. Convert the model again.`,
    );
  }
  const marksSpaces = pre.marksSpaces ?? false;
  const { symbolsOf, idsOf, spelled, bytesOfToken, losesNothing } =
    pre.alphabet === 'characters' ? charactersAlphabet(table, marksSpaces) : bytesAlphabet(table);
  const { size } = table;
  const mergeOfPair = readMerges(vocabulary.merges ?? [], table);
  const mergeOf = (left: number, right: number): PairMerge | undefined =>
    left < 0 || right < 0 || left >= size || right >= size ? undefined : mergeOfPair.get(left * size + right);
  // Separate words can be cached; whole lines cannot.
  const cuts = marksSpaces && !hasInnerSpace(table) ? [...pre.cuts, wordStarts] : pre.cuts;
  const isTaken = {
    all: () => true,
    newlines: (word: string) => newlines.test(word),
    none: () => false,
  }[pre.ignoreMerges ?? 'none'];

  const encodeWord = cachedWords((word) => {
    const id = isTaken(word) ? table.plainIdOf(spelled(word)) : undefined;
    return id === undefined ? idsOf(mergePairs(symbolsOf(word), mergeOf)) : [id];
  });
  const prepared = marksSpaces ? markSpaces : (text: string) => text;

  return {
    encode(text, _afterSpecial, output) {
      for (const stretch of stretches(prepared(text))) {
        for (const word of splitWords(stretch, cuts)) {
          for (const id of encodeWord(word)) output.push(id);
        }
      }
    },
    *words(text) {
      for (const stretch of stretches(prepared(text))) yield* eachWord(stretch, cuts);
    },
    encodeWord,
    startWord(word) {
      // No token is as long as a word that is encoded in steps.
      const merging = startMerging(symbolsOf(word), mergeOf);
      return { run: merging.run, ids: () => idsOf(merging.remaining()) };
    },
    losesNothing,
    bytesOfToken,
  };
}
