// Unigram as SentencePiece trains it (`tokenizer.ggml.model` = `t5`): among all ways to cut a text into tokens, takes the
// way with the highest sum of scores. Source: Kudo 2018 (arXiv 1804.10959); the details are llama.cpp's, so that the ids
// are the same.
import { createByteTrie } from './byte-trie.ts';
import { unknownToken } from './fallback-tokens.ts';
import { unmarkSpaces } from './space-mark.ts';
import type { TokenTable } from './token-table.ts';
import { stepsOfWalk, wholeTexts, type TextCodec, type WordSteps } from './text-codec.ts';
import { createUnigramNormalizer } from './unigram-normalizer.ts';
import { tokenType, type Vocabulary } from './vocabulary.ts';

/** A character that no token spells has the lowest score of all normal tokens, less this penalty. */
const unknownPenalty = 10;
/** The unknown token if the metadata names none. */
const defaultUnknownId = 2;
/** The largest 32-bit floating-point number. */
const largestScore = 3.4028234663852886e38;
/** The number of bytes of a character, by the upper half of its first byte. */
const bytesOfCharacter = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4];

/**
 * Encoding of text without special tokens, and the bytes of each token.
 *
 * @throws RondoError `BAD_VOCABULARY` for a damaged table of replacements
 */
export function createUnigram(vocabulary: Vocabulary, table: TokenTable): TextCodec {
  const utf8 = new TextEncoder();
  const scores = Float32Array.from(vocabulary.scores ?? new Float32Array(table.size));
  const unknownId = unknownToken(table, vocabulary.unknownId ?? defaultUnknownId);
  const { normal, userDefined, unused } = tokenType;

  let leastScore = largestScore;
  const spelled: [Uint8Array, number][] = [];
  for (const [id, text] of table.texts.entries()) {
    const type = table.types[id];
    if (type === normal) leastScore = Math.min(leastScore, scores[id] ?? 0);
    // A user-defined token is taken wherever it fits: it is as likely as a token can be.
    else if (type === userDefined) scores[id] = 0;
    if (type === normal || type === userDefined || type === unused) spelled.push([utf8.encode(text), id]);
  }
  const trie = createByteTrie(spelled);
  const unknownScore = Math.fround(leastScore - unknownPenalty);
  const startNormalizing = createUnigramNormalizer(vocabulary, table);

  function startWord(text: string): WordSteps {
    const normalizing = startNormalizing(utf8.encode(text));
    let ways: WordSteps | undefined;
    return {
      run(steps) {
        if (ways === undefined) {
          if (!normalizing.run(steps)) return false;
          ways = startWays(normalizing.result());
        }
        return ways.run(steps);
      },
      ids: () => ways?.ids() ?? [],
    };
  }

  /** For each place of a text: the sum of the best way to it, the token that ends there, and where that token begins. */
  function startWays(bytes: Uint8Array): WordSteps {
    const best = new Float64Array(bytes.length + 1).fill(-Number.MAX_VALUE);
    const tokenBefore = new Int32Array(bytes.length + 1).fill(-1);
    const startOf = new Int32Array(bytes.length + 1);
    best[0] = 0;
    let start = 0;

    const offer = (end: number, sum: number, id: number): void => {
      if (sum <= (best[end] ?? 0)) return;
      best[end] = sum;
      tokenBefore[end] = id;
      startOf[end] = start;
    };

    return {
      run(steps) {
        for (let left = steps; left > 0 && start < bytes.length; left -= stepsOfWalk) {
          const character = bytesOfCharacter[(bytes[start] ?? 0) >> 4] ?? 1;
          const next = Math.min(start + character, bytes.length);
          const sum = best[start] ?? 0;
          let isSpelled = false;
          let node = 0;
          for (let end = start; end < bytes.length;) {
            node = trie.child(node, bytes[end++] ?? 0);
            if (node < 0) break;
            const id = trie.valueAt(node);
            if (id < 0) continue;
            if (end === next) isSpelled = true;
            offer(end, sum + (scores[id] ?? 0), id);
          }
          if (!isSpelled) offer(next, sum + unknownScore, -1);
          start = next;
        }
        return start >= bytes.length;
      },
      ids() {
        const ids: number[] = [];
        let isUnknown = false;
        for (let end = bytes.length; end > 0; end = startOf[end] ?? 0) {
          const id = tokenBefore[end] ?? -1;
          // A run of unknown characters is one unknown token.
          if (id >= 0) ids.push(id);
          else if (!isUnknown && unknownId !== undefined) ids.push(unknownId);
          isUnknown = id < 0;
        }
        return ids.toReversed();
      },
    };
  }

  return {
    // The sums of a whole text are compared. Rounding makes them differ from the sums of its words.
    ...wholeTexts(startWord),
    // White space may be merged, and unknown characters are merged.
    losesNothing: false,
    bytesOfToken: (text, type) => utf8.encode(type === normal ? unmarkSpaces(text) : text),
  };
}
