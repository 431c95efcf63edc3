// Prompts of a given number of tokens, each different, so that no engine has read one before.
import { randomNumbers } from '@rondo/tensor/conformance';

const random = randomNumbers(7);
/** Ids below this are control tokens and bytes, in the vocabulary of a synthetic model. */
const FIRST_WORD = 300;

/** Ids of ordinary tokens. */
export function promptIds(tokens: number, vocabularySize: number): number[] {
  return Array.from(
    { length: tokens },
    () => FIRST_WORD + Math.floor(random() * (vocabularySize - FIRST_WORD)),
  );
}
