// What speculation is made of: something that proposes the next tokens. The model verifies them in the pass that gives the
// next token anyway, so that where passes wait for weights several tokens come from one. Strategies are files beside this.
import type { Tokenizer } from '@rondo/tokenizer';

/** Tokens that may come next. */
export interface Proposal {
  readonly ids: readonly number[];
  /**
   * How much speaks for the first of them, such as how many tokens before it agree; each further one has one more. Only
   * looked at where proposing takes no time: else it is decided before how many to ask for.
   */
  readonly evidence: number;
}

/** Proposes the next tokens of one text. */
export interface Drafter {
  /** Propose always that many tokens; undefined = as many as pay, which is measured, and none where none do. */
  readonly tokens: number | undefined;
  /**
   * Milliseconds that a proposed token takes; undefined before that is known. 0 says nothing to speak of: then proposals are
   * asked for also where they are not verified, to learn from what comes instead.
   */
  readonly msPerToken: number | undefined;
  /** At most `most` tokens that may follow `ids`, which are those of the call before and more. */
  propose(ids: readonly number[], most: number, signal: AbortSignal | undefined): Promise<Proposal>;
}

/**
 * Makes the drafter of one text, for a model with that tokenizer: `promptLookup()`, `draftModel(model)`.
 *
 * @throws RondoError `BAD_ARGUMENT` when it cannot propose tokens of that vocabulary
 */
export type SpeculationStrategy = (tokenizer: Tokenizer) => Drafter;

/** How to propose. */
export interface SpeculationOptions {
  /**
   * How many tokens to propose each time. Default: as many as pay by the time that passes take and the proposals that came
   * true so far, and none while none do.
   */
  readonly tokens?: number | undefined;
}
