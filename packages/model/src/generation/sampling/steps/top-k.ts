// Top-k: only the best tokens can be chosen.
import { whole } from '../option.ts';
import type { SamplingStep } from '../step.ts';

/** Options of top-k. */
export interface TopKOptions {
  /** Top-k: the sampler chooses among this many of the likeliest tokens; 0 = among all tokens. Default 40. */
  readonly topK?: number | undefined;
}

export const topK: SamplingStep<TopKOptions, 'topK'> = {
  name: 'topK',
  options: {
    topK: whole(40, { least: 0, help: 'choose among this many of the likeliest; 0 means all' }),
  },
  start({ topK }) {
    if (topK === 0) return undefined;
    return {
      needs: (wanted) => Math.min(topK, wanted ?? topK),
      apply: (choices) => choices.keepBest(topK),
    };
  },
};
