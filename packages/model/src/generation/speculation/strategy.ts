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
}

/**
 * Creates the drafter of one text, for a model with this tokenizer: `promptLookup()`, `draftModel(model)`.
 *
 * @throws RondoError `BAD_ARGUMENT` when the drafter cannot propose tokens of this vocabulary
 */
export type SpeculationStrategy = (tokenizer: Tokenizer) => Drafter;

/** How to propose. */
export interface SpeculationOptions {
  /**
   * How many tokens to propose each time. Default: the number that pays, by the time that passes take and by how many proposals
   * were accepted so far; the number may be 0.
   */
  readonly tokens?: number | undefined;
}
