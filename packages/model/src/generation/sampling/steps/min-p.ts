// Min-p: tokens that are much less likely than the best cannot be chosen. Nguyen et al. 2024, arXiv 2407.01082.
import { number } from '../option.ts';
import { asManyAsWanted, type SamplingStep } from '../step.ts';

/** Options of min-p. */
export interface MinPOptions {
  /** Min-p: keeps tokens with at least this share of the highest probability; 0 = all tokens. Default 0.05 (arXiv 2407.01082). */
  readonly minP?: number | undefined;
}

export const minP: SamplingStep<MinPOptions, 'minP'> = {
  name: 'minP',
  options: {
    minP: number(0.05, {
      least: 0,
      most: 1,
      help: 'leave out what is less probable than this fraction of the likeliest',
    }),
  },
  start({ minP }) {
    if (minP <= 0) return undefined;
    // The best token stays in any case.
    const distance = Math.min(0, Math.log(minP));
    return {
      needs: asManyAsWanted,
      apply: (choices) => choices.keepFrom(choices.best() + distance),
    };
  },
};
