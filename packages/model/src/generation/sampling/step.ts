// The interface of a sampling step. Each step has a file in the folder `steps`: the options of the step, their defaults and
// checks, and what the step does to the tokens that can be chosen.
import type { Choices } from './choices.ts';
import type { SamplingOption } from './option.ts';

/** The vocabulary, as far as steps need it. */
export interface SamplingVocabulary {
  readonly size: number;
  /** The text of a token, with the text of control tokens. */
  text(id: number): string;
  /** The ids of a text that does not begin a text. */
  encode(text: string): readonly number[];
}

/** The objects and numbers that a step needs. */
export interface StepContext {
  /** The seed of the sampler. A step that draws has random numbers of its own, so that the draw of the token stays as it is. */
  readonly seed: number;
  /** Undefined: the vocabulary is unknown. Ids are then not checked, and texts are refused. */
  readonly vocabulary: SamplingVocabulary | undefined;
}

/** A step at work on one text. */
export interface RunningStep {
  /**
   * How many of the best tokens the step must see, if the steps after it need the best `wanted` tokens. Undefined stands for
   * all tokens, in the argument and in the result.
   */
  needs(wanted: number | undefined): number | undefined;
  /** Changes the logits, or takes tokens out. */
  apply(choices: Choices): void;
  /** Notes a token that became part of the text, prompt included. */
  accept?(id: number): void;
  /** Notes the token that was drawn, and its probability among the tokens that the last step left. */
  drawn?(id: number, probability: number): void;
}

/** The values of all options of a step. */
export type Settings<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** A step: options, and what they do. */
export interface SamplingStep<Options, Name extends string = string> {
  /** The name in the option `samplers`. */
  readonly name: Name;
  readonly options: {
    readonly [Option in keyof Options]-?: SamplingOption<Exclude<Options[Option], undefined>>;
  };
  /** Begins the step for one text. Undefined: with these settings the step changes nothing. */
  start(settings: Settings<Options>, context: StepContext): RunningStep | undefined;
}

/** The `needs` of a step that must see all tokens. */
export const allTokens = (): undefined => undefined;

/**
 * The `needs` of a step that must see all tokens, except that the best token stays the best and is never taken out: a greedy
 * choice needs no more than the best token.
 */
export const allUnlessGreedy = (wanted: number | undefined): number | undefined =>
  wanted === 1 ? 1 : undefined;

/** The `needs` of a step that decides about each token by comparison with the best. */
export const asManyAsWanted = (wanted: number | undefined): number | undefined => wanted;
