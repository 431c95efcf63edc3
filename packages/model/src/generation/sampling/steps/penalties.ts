// Penalties of recent tokens. Repetition: Keskar et al. 2019, arXiv 1909.05858. Frequency and presence: as in OpenAI's API.
import { number, whole } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** Options of the penalties. */
export interface PenaltyOptions {
  /** Divisor of positive logits of recent tokens, factor of negative logits; 1 = no penalty. Default 1 (arXiv 1909.05858). */
  readonly repeatPenalty?: number | undefined;
  /** Taken from the logit of a recent token for each time that it came. A negative value favours the token. Default 0. */
  readonly frequencyPenalty?: number | undefined;
  /** Taken from the logit of a recent token once, however often it came. A negative value favours the token. Default 0. */
  readonly presencePenalty?: number | undefined;
  /** How many of the last accepted tokens count as recent for the three penalties. Default 64. */
  readonly repeatLastN?: number | undefined;
}

export const penalties: SamplingStep<PenaltyOptions, 'penalties'> = {
  name: 'penalties',
  options: {
    repeatPenalty: number(1, {
      least: 0.01,
      most: 100,
      help: 'above 1 makes recent tokens less likely',
    }),
    frequencyPenalty: number(0, {
      help: 'taken from the logit of a recent token for each time that it came',
    }),
    presencePenalty: number(0, { help: 'taken from the logit of a recent token once' }),
    repeatLastN: whole(64, { least: 0, help: 'how many of the last tokens count for the penalties' }),
  },
  start({ repeatPenalty, frequencyPenalty, presencePenalty, repeatLastN }) {
    if (repeatLastN === 0) return undefined;
    if (repeatPenalty === 1 && frequencyPenalty === 0 && presencePenalty === 0) return undefined;
    const recent: number[] = [];
    const counts = new Map<number, number>();
    const penalized = (logit: number, count: number) =>
      (logit > 0 ? logit / repeatPenalty : logit * repeatPenalty) -
      count * frequencyPenalty -
      presencePenalty;
    return {
      needs: allTokens,
      apply: (choices) => choices.change(counts, penalized),
      accept(id) {
        recent.push(id);
        counts.set(id, (counts.get(id) ?? 0) + 1);
        if (recent.length <= repeatLastN) return;
        const old = recent.shift() ?? 0;
        const left = (counts.get(old) ?? 0) - 1;
        if (left > 0) counts.set(old, left);
        else counts.delete(old);
      },
    };
  },
};
