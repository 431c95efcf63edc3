// The interface of speculation strategies, which propose the next tokens. The model verifies the proposals in the pass that
// gives the next token anyway: if passes wait for weights, one pass gives several tokens. Each strategy has a file in this
// folder.
import type { Tokenizer } from '@rondo/tokenizer';

/** Tokens that may come next. */
export interface Proposal {
  readonly ids: readonly number[];
  /**
   * The evidence for the first token, such as the length of the match before that token. Each further token has one more. Used
   * only if proposing takes no time: otherwise the number of tokens is decided before the proposal.
   */
  readonly evidence: number;
}

/** Pairs for the MTP block of a model. A pair is a token, and the hidden row of the token before. */
export interface Pairs {
  readonly ids: readonly number[];
  /** `[ids.length, width]`. */
  readonly hidden: Float32Array;
  /** The position of the first pair among the pairs that the block has seen. Later pairs that it has seen are forgotten. */
  readonly position: number;
  readonly signal?: AbortSignal | undefined;
}

/** The MTP block of a model, for one text. */
export interface Predictor {
  /** Number of values of a hidden row. */
  readonly width: number;
  /** The most pairs of a call. */
  readonly mostPairs: number;
  /**
   * The likeliest token after the last pair, and the hidden row `[width]` for a pair with that token. Undefined if nothing can
   * be predicted: then the block has forgotten all pairs.
   *
   * @throws what reading the weights throws; the signal's reason
   */
  predict(pairs: Pairs): Promise<{ readonly id: number; readonly hidden: Float32Array } | undefined>;
}

/** Proposes the next tokens of one text. */
export interface Drafter {
  /** How many tokens to propose each time. Undefined: the number that pays, by measurement, which may be 0. */
  readonly tokens: number | undefined;
  /**
   * Milliseconds that a proposed token takes; undefined before that time is known. 0 = a negligible time: then the strategy
   * is asked for proposals even if no proposal is verified, to learn from the tokens that come.
   */
  readonly msPerToken: number | undefined;
  /** At most `most` tokens that may follow `ids`; `ids` begins with the `ids` of the call before. */
  propose(ids: readonly number[], most: number, signal: AbortSignal | undefined): Promise<Proposal>;
  /**
   * Takes the hidden rows `[tokens, width]` of tokens that a pass has run, from the token with the index `first` in the text
   * on. These may be tokens that were proposed in vain. The array is valid during the call only. Never called if the model has
   * no MTP block.
   */
  readonly onHidden?: ((rows: Float32Array, first: number) => void) | undefined;
}

/**
 * Creates the drafter of one text, for a model with this tokenizer: `promptLookup()`, `draftModel(model)`, `mtp()`. The
 * predictor is present if the model was loaded with `mtp: true`.
 *
 * @throws RondoError `BAD_ARGUMENT` when the drafter cannot propose tokens of this vocabulary, or lacks the predictor
 */
export type SpeculationStrategy = (tokenizer: Tokenizer, predictor?: Predictor) => Drafter;

/** How to propose. */
export interface SpeculationOptions {
  /**
   * How many tokens to propose each time. Default: the number that pays, by the time that passes take and by how many proposals
   * were accepted so far; the number may be 0.
   */
  readonly tokens?: number | undefined;
}
