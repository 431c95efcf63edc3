// The options of generating.
import { aFunction, checkOptions, signal, text, texts, type Check } from '../common/check-arguments.ts';
import type { OutputGrammar } from './constraints/output-grammar.ts';
import { samplingChecks, type SamplerOptions } from './sampling/index.ts';
import type { SpeculationStrategy } from './speculation/strategy.ts';

/** How to generate. */
export interface GenerateOptions extends SamplerOptions, OutputGrammar {
  /** The most tokens to generate. Default: until the model ends the text or the context is full. */
  readonly maxTokens?: number | undefined;
  /**
   * A text or texts that end the generation; they are not part of the result. The text of a control token, such as
   * `<|im_end|>`, ends the generation at that token. An empty text is refused.
   */
  readonly stop?: string | readonly string[] | undefined;
  /** Cancels the generation, and reads in flight; the iteration then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Gives with each token its log probability, and the log probabilities of this many of the likeliest tokens: `part.logprobs`.
   * They are natural logarithms of the softmax of the model's logits, before penalties, temperature and cuts. 0 = only the
   * chosen token. Default: none; then no logits are read for them.
   */
  readonly logprobs?: number | undefined;
  /** Called while the prompt is read. */
  readonly onPrefill?: ((readTokens: number, ofTokens: number) => void) | undefined;
  /**
   * Proposes tokens that a pass verifies while it computes the next token: `promptLookup()`, `draftModel(model)`,
   * `mtp()`. The text is the same, seeded or greedy, with fewer passes. Default: none.
   */
  readonly speculate?: SpeculationStrategy | undefined;
}

const generateChecks: Readonly<Record<keyof GenerateOptions, Check>> = {
  maxTokens: (value) =>
    value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 0)
      ? undefined
      : 'a whole number, 0 or more, or Infinity',
  stop: (value) => (typeof value === 'string' ? undefined : texts(value)),
  signal,
  logprobs: (value) =>
    Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'a whole number, 0 or more',
  onPrefill: aFunction,
  speculate: aFunction,
  schema: (value) =>
    typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
      ? undefined
      : 'a JSON Schema: an object, true or false',
  grammar: text,
  regex: (value) =>
    typeof value === 'string' || value instanceof RegExp ? undefined : 'a text or a regular expression',
  ...samplingChecks,
};

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `generate` that is unknown or of another kind */
export function checkGenerateOptions(options: GenerateOptions): void {
  checkOptions('generate', options, generateChecks);
}
