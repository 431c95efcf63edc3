// The tokens that spell the texts beyond which DRY looks for no repetition. A text can begin within a token and go on in the
// tokens after it.
import type { SamplingVocabulary } from '../step.ts';

/** First token of a breaker -> the further tokens of the breaker, in each spelling that begins with this token. */
export type SequenceBreakers = ReadonlyMap<number, readonly (readonly number[])[]>;

/** Each vocabulary is searched once for each text. */
const known = new WeakMap<SamplingVocabulary, Map<string, SequenceBreakers>>();

/** The spellings of `texts` in a vocabulary. */
export function sequenceBreakers(texts: readonly string[], vocabulary: SamplingVocabulary): SequenceBreakers {
  const found = known.get(vocabulary) ?? new Map<string, SequenceBreakers>();
  known.set(vocabulary, found);
  const searches = texts.filter((text) => !found.has(text)).map((text) => createSearch(text, vocabulary));
  // One walk for all texts: spelling the tokens of a large vocabulary takes longer than comparing them.
  for (let id = 0; id < vocabulary.size && searches.length > 0; id++) {
    const token = vocabulary.text(id);
    for (const { look } of searches) look(id, token);
  }
  for (const { text, spellings } of searches) found.set(text, spellings);
  const all = new Map<number, (readonly number[])[]>();
  for (const text of texts)
    for (const [id, tails] of found.get(text) ?? []) all.set(id, [...(all.get(id) ?? []), ...tails]);
  return all;
}

/** Searches the tokens of a vocabulary for beginnings of a text. */
function createSearch(text: string, vocabulary: SamplingVocabulary) {
  const spellings = new Map<number, (readonly number[])[]>();
  /** The tokens of the rest of the text, by the length of its beginning. */
  const tails = new Map<number, readonly number[]>();
  return {
    text,
    spellings,
    look(id: number, token: string): void {
      if (token.includes(text)) {
        spellings.set(id, [[]]);
        return;
      }
      for (let length = Math.min(text.length - 1, token.length); length > 0; length--) {
        if (!token.endsWith(text.slice(0, length))) continue;
        const tail = tails.get(length) ?? vocabulary.encode(text.slice(length));
        tails.set(length, tail);
        spellings.set(id, [...(spellings.get(id) ?? []), tail]);
      }
    },
  };
}
