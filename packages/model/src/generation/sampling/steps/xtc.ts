// XTC ("exclude top choices"): with a probability for each token, takes out all likely tokens except the least likely of them.
// The idea and the thresholds are p-e-w's (text-generation-webui, pull request 6335).
import { createRandom } from '../../../common/random.ts';
import { number } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** Options of XTC. */
export interface XtcOptions {
  /** XTC: the probability, for each token, that likely tokens are taken out; 0 = never. Default 0. */
  readonly xtcProbability?: number | undefined;
  /**
   * XTC: a token with at least this probability is likely. Of the likely tokens the least likely token stays. Above 0.5 no two
   * tokens are likely, so nothing is taken out. Default 0.1.
   */
  readonly xtcThreshold?: number | undefined;
}

export const xtc: SamplingStep<XtcOptions, 'xtc'> = {
  name: 'xtc',
  options: {
    xtcProbability: number(0, {
      least: 0,
      most: 1,
      help: 'how often to leave out all likely tokens but the least likely of them; 0 is off',
    }),
    xtcThreshold: number(0.1, {
      least: 0,
      most: 1,
      help: 'the probability from which XTC takes a token for likely',
    }),
  },
  start({ xtcProbability, xtcThreshold }, { seed }) {
    if (xtcProbability <= 0 || xtcThreshold > 0.5) return undefined;
    const random = createRandom(Math.floor(createRandom(seed)() * 2 ** 32));
    return {
      needs: allTokens,
      apply(choices) {
        if (choices.sorted().length < 2 || random() > xtcProbability) return;
        const least = xtcThreshold * choices.weigh();
        const { weights } = choices;
        const candidates = choices.sorted();
        let likely = 0;
        while (likely < candidates.length && (weights[likely] ?? 0) >= least) likely++;
        if (likely < 2) return;
        candidates.ids.copyWithin(0, likely - 1, candidates.length);
        candidates.logits.copyWithin(0, likely - 1, candidates.length);
        candidates.length -= likely - 1;
      },
    };
  },
};
