// Prompts of about a given number of tokens, each different, so that no engine finds a prompt in its cache.
import { randomNumbers } from '@rondo/tensor/conformance';

const random = randomNumbers(7);
const letters = 'etaoinshrdlc';
/** Tokens of a word of three letters, on average, in the vocabulary of a synthetic model. */
const TOKENS_PER_WORD = 1.9;

/** A text of about `tokens` tokens. */
export function prompt(tokens: number): string {
  const letter = (): string => letters.charAt(Math.floor(random() * letters.length));
  const words = Math.max(1, Math.round((tokens - 1) / TOKENS_PER_WORD));
  return Array.from({ length: words }, () => letter() + letter() + letter()).join(' ');
}
