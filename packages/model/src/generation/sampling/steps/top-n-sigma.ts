// Top-n-sigma: tokens whose logit is far below the best logit cannot be chosen; the measure is the standard deviation of the
// logits. Tang et al. 2024, arXiv 2411.07641.
import { number } from '../option.ts';
import { allUnlessGreedy, type SamplingStep } from '../step.ts';

/** Options of top-n-sigma. */
export interface TopNSigmaOptions {
  /**
   * Top-n-sigma: keeps tokens whose logit is at most this many standard deviations below the best logit; 0 = all tokens.
   * Default 0 (arXiv 2411.07641).
   */
  readonly topNSigma?: number | undefined;
}

export const topNSigma: SamplingStep<TopNSigmaOptions, 'topNSigma'> = {
  name: 'topNSigma',
  options: {
    topNSigma: number(0, {
      least: 0,
      help: 'leave out what is more than this many standard deviations of the logits below the best; 0 is off',
    }),
  },
  start({ topNSigma }) {
    if (topNSigma <= 0) return undefined;
    return {
      needs: allUnlessGreedy,
      apply(choices) {
        let [sum, count] = [0, 0];
        choices.each((logit) => {
          sum += logit;
          count++;
        });
        if (count <= 1) return;
        const mean = sum / count;
        let squares = 0;
        choices.each((logit) => {
          squares += (logit - mean) ** 2;
        });
        choices.keepFrom(choices.best() - topNSigma * Math.sqrt(squares / count));
      },
    };
  },
};
