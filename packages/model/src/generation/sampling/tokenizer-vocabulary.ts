// A tokenizer as the vocabulary of sampling steps.
import type { Tokenizer } from '@rondo/tokenizer';
import type { SamplingVocabulary } from './step.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

const known = new WeakMap<Tokenizer, SamplingVocabulary>();

/** The vocabulary of a tokenizer, the same object each time: steps keep what they found out about it. */
export function samplingVocabularyOf(tokenizer: Tokenizer): SamplingVocabulary {
  const vocabulary = known.get(tokenizer) ?? {
    size: tokenizer.vocabularySize,
    text: (id) => utf8.decode(tokenizer.tokenBytes(id)),
    encode: (text) => Array.from(tokenizer.encode(text, { addBos: false })),
  };
  known.set(tokenizer, vocabulary);
  return vocabulary;
}
