// The parts that a generation yields: pieces of text, and a summary with the last piece.
import type { TokenLogprobs } from './logprobs.ts';
import type { SpeculationStats } from './speculation/speculator.ts';

/** Why a generation ended: its length, the model's own end, a stop text, or no room in the context. */
export type FinishReason = 'length' | 'end' | 'stop' | 'context';

/** Times of one generation in milliseconds. */
export interface GenerationTimings {
  /** From the start until the prompt was read. */
  readonly prefillMs: number;
  /** From the start until the first token was known. */
  readonly firstTokenMs: number;
  /** The time of all tokens after the first, together. */
  readonly decodeMs: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** The time of each token after the first. */
  readonly tokenMs: readonly number[];
}

/** The result of speculation in one generation. */
export interface SpeculationSummary extends SpeculationStats {
  /** Number of passes over the weights that gave the tokens. */
  readonly passes: number;
  /** Number of tokens that each of these passes generated, on average. */
  readonly tokensPerPass: number;
}

/** The result of a generation. */
export interface GenerationSummary {
  readonly reason: FinishReason;
  readonly promptTokenIds: readonly number[];
  /** The generated tokens, without the token that ended the text. */
  readonly tokenIds: readonly number[];
  readonly timings: GenerationTimings;
  /** Only if the generation used speculation. */
  readonly speculation?: SpeculationSummary | undefined;
}

/** A piece of generated text. */
export interface GenerationPart {
  /**
   * The generated text of this part. It may be empty: a character can take several tokens, and a possible start of a stop
   * text is held back.
   */
  readonly text: string;
  /** The token of this text; absent in the last part. */
  readonly tokenId?: number;
  /** The log probabilities of `tokenId` and of the likeliest tokens; only with the option `logprobs`. */
  readonly logprobs?: TokenLogprobs;
  /** The result of the generation; only the last part has it. */
  readonly summary?: GenerationSummary;
}
