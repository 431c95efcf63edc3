// Log probabilities of tokens, from the logits as the model gives them: before penalties, temperature and cuts, as OpenAI's API and
// llama.cpp's server give them.
import type { Tokenizer } from '@rondo/tokenizer';
import { createCandidates, selectTop } from './sampling/top-candidates.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** A token and the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly id: number;
  /** The text of the token. Bytes that are only a part of a character are U+FFFD. */
  readonly text: string;
  /** The UTF-8 bytes of the token. */
  readonly bytes: Uint8Array;
  /** `-Infinity` for a token that the model forbids. */
  readonly logprob: number;
}

/** The log probabilities at one place of a text, of the softmax of the logits. */
export interface TokenLogprobs extends TokenLogprob {
  /** The likeliest tokens, the likeliest first; the chosen token may be one of them. */
  readonly top: readonly TokenLogprob[];
}

/** The log probability of the token `id` and of the `count` likeliest tokens, if `logits` are those of the vocabulary. */
export function logprobsOf(
  logits: Float32Array,
  id: number,
  count: number,
  tokenizer: Pick<Tokenizer, 'tokenBytes'>,
): TokenLogprobs {
  // Loops over indices: an iterator takes twice as long for a large vocabulary.
  let best = -Infinity;
  for (let at = 0; at < logits.length; at++) best = Math.max(best, logits[at] ?? -Infinity);
  let total = 0;
  for (let at = 0; at < logits.length; at++) total += Math.exp((logits[at] ?? -Infinity) - best);
  const logTotal = best + Math.log(total);
  const one = (token: number, logit: number): TokenLogprob => {
    const bytes = tokenizer.tokenBytes(token) ?? new Uint8Array();
    return { id: token, text: utf8.decode(bytes), bytes, logprob: logit - logTotal };
  };
  const top = createCandidates(Math.min(count, logits.length));
  if (count > 0) selectTop(logits, top.ids.length, top);
  return {
    ...one(id, logits[id] ?? -Infinity),
    top: Array.from({ length: top.length }, (_, at) => one(top.ids[at] ?? 0, top.logits[at] ?? -Infinity)),
  };
}
