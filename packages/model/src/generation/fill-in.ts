// Filling in the middle of a text: the prompt marks the text before and behind the gap with tokens that the model was trained with,
// and the model goes on with the text of the gap. Bavarian et al. 2022, arXiv 2207.14255.
import { RondoError } from '@rondo/errors';
import type { EncodeStepsOptions, Tokenizer } from '@rondo/tokenizer';

/** A text with a gap. */
export interface FillIn {
  /** The text before the gap. */
  readonly prefix: string;
  /** The text behind the gap. */
  readonly suffix: string;
}

/**
 * The ids of a prompt that asks for the text of the gap: the prefix, the suffix, then the token for the middle, as llama.cpp's server
 * orders them. Texts never become control tokens.
 *
 * @throws RondoError `UNSUPPORTED` if the vocabulary lacks a token for it, with its name; as `Tokenizer.encodeInSteps`
 */
export async function fillInPrompt(
  { prefix, suffix }: FillIn,
  tokenizer: Tokenizer,
  { mostTokens = Infinity, signal }: EncodeStepsOptions,
): Promise<number[]> {
  const { fillIn, addsBos, bosId } = tokenizer;
  const missing = (['prefix', 'suffix', 'middle'] as const).filter((part) => fillIn[part] === undefined);
  if (fillIn.prefix === undefined || fillIn.suffix === undefined || fillIn.middle === undefined) {
    throw new RondoError(
      'UNSUPPORTED',
      `The vocabulary has no token for the ${missing.join(' and the ')} of a text to be filled in (tokenizer.ggml.fim_pre_token_id, fim_suf_token_id and fim_mid_token_id). Take a model that was trained to fill in, such as a coder model.`,
      { details: { missing } },
    );
  }
  const begin = addsBos && bosId !== undefined ? [bosId, fillIn.prefix] : [fillIn.prefix];
  const options = { addBos: false, signal };
  const before = await tokenizer.encodeInSteps(prefix, { ...options, mostTokens });
  const left = Math.max(0, mostTokens - before.length);
  const behind = await tokenizer.encodeInSteps(suffix, { ...options, mostTokens: left });
  return [...begin, ...before, fillIn.suffix, ...behind, fillIn.middle];
}
