// Locally typical sampling: keeps the tokens whose surprise is close to the entropy of the distribution. The likeliest token can
// be taken out. Meister et al. 2022, arXiv 2202.00666.
import { number } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** Options of locally typical sampling. */
export interface TypicalOptions {
  /**
   * Locally typical sampling: keeps the fewest of the most typical tokens whose probabilities exceed this sum; 1 = all tokens.
   * Default 1 (arXiv 2202.00666).
   */
  readonly typical?: number | undefined;
}

export const typical: SamplingStep<TypicalOptions, 'typical'> = {
  name: 'typical',
  options: {
    typical: number(1, {
      above: 0,
      most: 1,
      help: 'choose among the most typical that together exceed this probability; 1 means all',
    }),
  },
  start({ typical }) {
    if (typical >= 1) return undefined;
    return {
      needs: allTokens,
      apply(choices) {
        const total = choices.weigh();
        const { weights } = choices;
        const { ids, logits, length } = choices.sorted();
        const logTotal = Math.log(total);
        const best = logits[0] ?? 0;
        const surpriseAt = (at: number) => logTotal + best - (logits[at] ?? 0);
        let entropy = 0;
        for (let at = 0; at < length; at++) {
          const weight = weights[at] ?? 0;
          if (weight > 0) entropy += (weight / total) * surpriseAt(at);
        }
        const distance = (at: number) => Math.abs(surpriseAt(at) - entropy);
        const order = Array.from({ length }, (_, at) => at).sort((a, b) => distance(a) - distance(b));
        const kept = new Set<number>();
        let sum = 0;
        for (const at of order) {
          kept.add(ids[at] ?? 0);
          sum += weights[at] ?? 0;
          if (sum > typical * total) break;
        }
        choices.keep((id) => kept.has(id));
      },
    };
  },
};
