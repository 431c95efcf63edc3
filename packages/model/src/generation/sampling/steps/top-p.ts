// Top-p: only the likeliest tokens whose probabilities reach a sum can be chosen. Holtzman et al. 2019, arXiv 1904.09751.
import { number } from '../option.ts';
import { allUnlessGreedy, type SamplingStep } from '../step.ts';

/** Options of top-p. */
export interface TopPOptions {
  /**
   * Top-p: keeps the fewest of the likeliest tokens whose probabilities add up to this sum; 1 = all tokens. Default 0.95
   * (arXiv 1904.09751).
   */
  readonly topP?: number | undefined;
}

export const topP: SamplingStep<TopPOptions, 'topP'> = {
  name: 'topP',
  options: {
    topP: number(0.95, {
      above: 0,
      most: 1,
      help: 'choose among the likeliest that together reach this probability',
    }),
  },
  start({ topP }) {
    if (topP >= 1) return undefined;
    return {
      needs: allUnlessGreedy,
      apply(choices) {
        const enough = topP * choices.weigh();
        const { weights } = choices;
        const candidates = choices.sorted();
        let sum = 0;
        for (let at = 0; at < candidates.length; at++) {
          sum += weights[at] ?? 0;
          if (sum < enough) continue;
          candidates.length = at + 1;
          return;
        }
      },
    };
  },
};
