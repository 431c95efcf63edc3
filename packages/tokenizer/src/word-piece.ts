// WordPiece (`tokenizer.ggml.model` = `bert`): text is lower-cased, stripped of accents and cut into words and signs.
// Each word is then covered greedily by the longest tokens. Source: Devlin et al. 2018 (arXiv 1810.04805).
import { lowerCase } from './lower-case.ts';
import { spaceMark, unmarkSpaces } from './space-mark.ts';
import type { TokenTable } from './token-table.ts';
import type { TextCodec } from './text-codec.ts';
import type { Vocabulary } from './vocabulary.ts';
import { cachedWords } from './word-cache.ts';

// GGUF marks the beginning of a word; BERT's own files mark the continuation.
const wordMark = spaceMark;
const invisible = /[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu;
const ideograph =
  '\\u{4E00}-\\u{9FFF}\\u{3400}-\\u{4DBF}\\u{20000}-\\u{2A6DF}\\u{2A700}-\\u{2B73F}\\u{2B740}-\\u{2B81F}\\u{2B920}-\\u{2CEAF}\\u{F900}-\\u{FAFF}\\u{2F800}-\\u{2FA1F}';
const sign = `[\\p{P}$+<=>^\`|~${ideograph}]`;
const wordOrSign = new RegExp(`${sign}|(?:(?!${sign})\\P{White_Space})+`, 'gu');

function normalize(text: string, { lowercase = true, stripAccents = lowercase }: Vocabulary): string {
  // White space is replaced before control characters are removed: a newline is both, and must still separate words.
  const visible = text.replaceAll(/\p{White_Space}/gu, ' ').replaceAll(invisible, '');
  const plain = stripAccents ? visible.normalize('NFD').replaceAll(/\p{M}/gu, '') : visible;
  return lowercase ? lowerCase(plain) : plain;
}

/** Encoding of text without special tokens, and the bytes of each token. */
export function createWordPiece(vocabulary: Vocabulary, table: TokenTable): TextCodec {
  const utf8 = new TextEncoder();
  let longest = 0;
  for (const text of table.texts) longest = Math.max(longest, text.length);
  const { unknownId, bosId, separatorId } = vocabulary;
  const isEdge = unknownId === bosId || unknownId === separatorId;
  const unknownIds =
    unknownId === undefined || isEdge || table.endOfGeneration.has(unknownId) ? [] : [unknownId];

  const encodeWord = cachedWords((word) => {
    const marked = wordMark + word;
    const ids: number[] = [];
    for (let start = 0; start < marked.length;) {
      let end = Math.min(marked.length, start + longest);
      let id = table.plainIdOf(marked.slice(start, end));
      while (id === undefined && end > start + 1) id = table.plainIdOf(marked.slice(start, --end));
      if (id === undefined) return unknownIds;
      ids.push(id);
      start = end;
    }
    return ids;
  });

  function* words(text: string): Generator<string, void, void> {
    for (const [word] of normalize(text, vocabulary).matchAll(wordOrSign)) yield word;
  }

  return {
    encode(text, _afterSpecial, output) {
      for (const word of words(text)) for (const id of encodeWord(word)) output.push(id);
    },
    words,
    encodeWord,
    // A word of any length may become one unknown token, and accents are dropped.
    losesNothing: false,
    bytesOfToken: (text) => utf8.encode(unmarkSpaces(text)),
  };
}
