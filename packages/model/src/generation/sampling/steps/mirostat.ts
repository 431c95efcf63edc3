// Mirostat 2: takes out tokens whose surprise is above a bound, and moves the bound so that the surprise of the chosen tokens is
// a target on average. It replaces all other steps except the logit bias and the temperature. Basu et al. 2020, arXiv 2007.14966.
import type { SamplingOption } from '../option.ts';
import { number } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** Options of Mirostat. */
export interface MirostatOptions {
  /**
   * 2: Mirostat 2 takes the place of all steps of `samplers` except the temperature; 0: no Mirostat. Default 0
   * (arXiv 2007.14966).
   */
  readonly mirostat?: 0 | 2 | undefined;
  /** The target of Mirostat: the surprise of a chosen token on average, in bits. Default 5. */
  readonly mirostatTau?: number | undefined;
  /** How fast Mirostat follows its target. Default 0.1. */
  readonly mirostatEta?: number | undefined;
}

const version: SamplingOption<0 | 2> = {
  kind: 'choice',
  default: 0,
  values: [0, 2],
  help: '2: hold the surprise of tokens at a target, in place of all steps but the temperature; 0 is off',
  check: (value) => (value === 0 || value === 2 ? undefined : '0 (off) or 2 (Mirostat 2)'),
};

export const mirostat: SamplingStep<MirostatOptions, 'mirostat'> = {
  name: 'mirostat',
  options: {
    mirostat: version,
    mirostatTau: number(5, {
      flag: 'mirostatEnt',
      least: 0,
      help: 'the surprise in bits that Mirostat holds',
    }),
    mirostatEta: number(0.1, { flag: 'mirostatLr', least: 0, help: 'how fast Mirostat follows its target' }),
  },
  start({ mirostat, mirostatTau, mirostatEta }) {
    if (mirostat === 0) return undefined;
    let mostBits = 2 * mirostatTau;
    return {
      needs: allTokens,
      apply(choices) {
        const total = choices.weigh();
        const candidates = choices.sorted();
        const bits = (at: number) => Math.log2(total) - Math.log2(choices.weights[at] ?? 0);
        let kept = 1;
        while (kept < candidates.length && bits(kept) <= mostBits) kept++;
        candidates.length = Math.min(kept, candidates.length);
      },
      drawn(_, probability) {
        mostBits -= mirostatEta * (-Math.log2(probability) - mirostatTau);
      },
    };
  },
};
