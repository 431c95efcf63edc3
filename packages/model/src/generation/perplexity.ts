// Perplexity of a text, counted as llama.cpp's tool does.
import { RondoError } from '@rondo/errors';
import type { Tokenizer } from '@rondo/tokenizer';
import {
  aFunction,
  checkOptions,
  checkText,
  signal as aSignal,
  type Check,
} from '../common/check-arguments.ts';

/** How to measure the perplexity of a text. */
export interface PerplexityOptions {
  /** Number of tokens in a window. Default 512, or the model's context where that is smaller. */
  readonly windowTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each window, with the perplexity so far. */
  readonly onWindow?: ((done: number, of: number, perplexity: number) => void) | undefined;
}

const perplexityChecks: Readonly<Record<keyof PerplexityOptions, Check>> = {
  windowTokens: (value) =>
    Number.isSafeInteger(value) && Number(value) >= 2 ? undefined : 'a whole number, at least 2',
  signal: aSignal,
  onWindow: aFunction,
};

/** What a model must have to be measured; every `Model` has it. */
export interface ScoringModel {
  readonly tokenizer: Tokenizer;
  readonly budget: { readonly contextTokens: number };
  /** Logits after each of the tokens from index `from` on, as `Model.eachLogits`. */
  eachLogits(
    ids: readonly number[],
    from: number,
    onLogits: (logits: Float32Array, token: number) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/** A perplexity, and the number of scored tokens. */
export interface Perplexity {
  /** exp of the mean negative log likelihood. */
  readonly perplexity: number;
  /** Number of tokens that were scored. */
  readonly tokens: number;
}

/**
 * Cuts the text's tokens into consecutive windows, and scores the second half of each window. If the model adds a
 * beginning-of-text token, this token replaces the first token of each window. A last window that is not full is left out.
 *
 * @throws RondoError `BAD_ARGUMENT` when the text does not fill a window, and for bad options; what running the model throws;
 * the signal's reason
 */
export async function perplexity(
  model: ScoringModel,
  text: string,
  options: PerplexityOptions = {},
): Promise<Perplexity> {
  checkText('The text', text);
  checkOptions('perplexity', options, perplexityChecks);
  const { windowTokens = Math.min(512, model.budget.contextTokens), signal, onWindow } = options;
  const ids = await model.tokenizer.encodeInSteps(text, { signal });
  const windows = Math.floor(ids.length / windowTokens);
  if (windows < 1) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `A text of ${ids.length} tokens does not fill a window of ${windowTokens}.`,
    );
  }
  const { bosId, addsBos } = model.tokenizer;
  const half = Math.floor(windowTokens / 2);
  let total = 0;
  let tokens = 0;
  for (let window = 0; window < windows; window++) {
    const part = Array.from(ids.subarray(window * windowTokens, (window + 1) * windowTokens));
    if (addsBos && bosId !== undefined) part[0] = bosId;
    await model.eachLogits(
      part,
      half,
      (logits, index) => {
        const next = part[index + 1];
        if (next === undefined) return;
        total -= logLikelihood(logits, next);
        tokens++;
      },
      { signal },
    );
    onWindow?.(window + 1, windows, Math.exp(total / tokens));
  }
  return { perplexity: Math.exp(total / tokens), tokens };
}

/** log softmax(logits)[id]. */
function logLikelihood(logits: Float32Array, id: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > largest) largest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - largest);
  return (logits[id] ?? Number.NaN) - largest - Math.log(sum);
}
