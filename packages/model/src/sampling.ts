// Sampling alone, without the rest of the package: the options as data, for programs that show them, and a sampler for logits that a
// program has of its own.
import type { Tokenizer } from '@rondo/tokenizer';
import {
  createSampler as create,
  samplingVocabularyOf,
  type SamplerOptions,
} from './generation/sampling/index.ts';

export {
  samplingOptions,
  type SamplerName,
  type SamplerOptions,
} from './generation/sampling/sampler-options.ts';
export type { SamplingOption } from './generation/sampling/option.ts';

/** Chooses tokens of one text, and remembers the tokens of the text. */
export interface LogitsSampler {
  /** The seed in use, to repeat a run that was seeded at random. */
  readonly seed: number;
  /**
   * The next token's id. Leaves `logits` as they are. Call it once for each token: random numbers and Mirostat go on.
   *
   * @param logits a logit for each id of the vocabulary, such as `Model.eachLogits` gives them; `-Infinity` forbids a token
   * @throws RondoError `NON_FINITE_LOGITS` if a logit is NaN or `+Infinity`, or if no token is allowed
   */
  sample(logits: Float32Array): number;
  /** Notes a token that became part of the text, prompt included, for penalties. */
  accept(id: number): void;
}

/**
 * Creates a sampler that chooses as `Model.generate` chooses.
 *
 * @param tokenizer the tokenizer of the logits, such as `Model.tokenizer`; DRY needs it for its sequence breakers, and with it the ids
 * of a logit bias are checked
 * @throws RondoError `BAD_ARGUMENT` for an option that is out of range, or whose step is left out; for sequence breakers without a
 * tokenizer
 */
export function createSampler(options: SamplerOptions = {}, tokenizer?: Tokenizer): LogitsSampler {
  const { seed, sample, accept } = create(options, tokenizer && samplingVocabularyOf(tokenizer));
  return { seed, sample: (logits) => sample(logits), accept };
}
