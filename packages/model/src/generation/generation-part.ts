// The parts that a generation yields: pieces of text, the tokens used, and a summary with the last part.
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

/** The tokens that a generation used. */
export interface Usage {
  /** Tokens of the prompt. */
  readonly promptTokens: number;
  /** Generated tokens, without the token that ended the text. */
  readonly generatedTokens: number;
  /** Generated tokens of reasoning; they are a part of the generated tokens. Only a conversation counts them. */
  readonly reasoningTokens: number;
}

/** Fields that every part has. A program that reads `text` alone gets the text of the answer. */
export interface PartFields {
  /**
   * The generated text of this part. It may be empty: a character can take several tokens, and a possible start of a stop
   * text is held back. Parts that are no text have an empty text.
   */
  readonly text: string;
  /** The token of this part; absent in parts that no token made. */
  readonly tokenId?: number | undefined;
  /** The log probabilities of `tokenId` and of the likeliest tokens; only with the option `logprobs`. */
  readonly logprobs?: TokenLogprobs | undefined;
  /** The result of the generation; only the last part, `finish`, has it. */
  readonly summary?: GenerationSummary | undefined;
}

/** A piece of generated text. */
export interface TextPart extends PartFields {
  readonly type: 'text';
}

/** The tokens that were used; comes before `finish`. */
export interface UsagePart extends PartFields, Usage {
  readonly type: 'usage';
}

/** The end of a generation. */
export interface FinishPart<Reason extends string = FinishReason> extends PartFields {
  readonly type: 'finish';
  readonly reason: Reason;
  readonly timings: GenerationTimings;
  readonly summary: GenerationSummary;
}

/** A part of a generation: pieces of text, then `usage`, then `finish`. */
export type GenerationPart = TextPart | UsagePart | FinishPart;
