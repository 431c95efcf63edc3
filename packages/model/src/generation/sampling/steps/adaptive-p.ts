// Adaptive-p: prefers tokens whose probability is near a target. The target moves against the probabilities of recently
// chosen tokens, so that their average is the target. By MrJackSpade (llama.cpp, pull request 17927).
import { number } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** Options of adaptive-p. */
export interface AdaptivePOptions {
  /** Adaptive-p: tokens near this probability are preferred; negative = off. Default -1. */
  readonly adaptiveTarget?: number | undefined;
  /** Adaptive-p: weight of an earlier token, relative to the token after it, in the average that is held. Default 0.9. */
  readonly adaptiveDecay?: number | undefined;
}

/** The probability that is preferred falls off over this distance. */
const WIDTH = 0.3;
/** The logit of a token at the target. */
const PEAK_LOGIT = 5;
/** How steeply the logit falls off. */
const SHARPNESS = 10;

export const adaptiveP: SamplingStep<AdaptivePOptions, 'adaptiveP'> = {
  name: 'adaptiveP',
  options: {
    adaptiveTarget: number(-1, {
      least: -1,
      most: 1,
      help: 'prefer tokens near this probability; negative is off',
    }),
    adaptiveDecay: number(0.9, {
      least: 0,
      most: 0.99,
      help: 'how much earlier tokens count for adaptive-p',
    }),
  },
  start({ adaptiveTarget, adaptiveDecay }) {
    if (adaptiveTarget < 0) return undefined;
    let weight = 1 / (1 - adaptiveDecay);
    let sum = adaptiveTarget * weight;
    const probabilities = new Map<number, number>();
    return {
      needs: allTokens,
      apply(choices) {
        const target = Math.min(1, Math.max(0, 2 * adaptiveTarget - sum / weight));
        const total = choices.weigh();
        const { ids, logits, length } = choices.sorted();
        probabilities.clear();
        for (let at = 0; at < length; at++) {
          const probability = (choices.weights[at] ?? 0) / total;
          probabilities.set(ids[at] ?? 0, probability);
          const distance = Math.abs(probability - target) / WIDTH;
          logits[at] = PEAK_LOGIT - (SHARPNESS * distance * distance) / (1 + distance);
        }
        choices.sortAnew();
      },
      drawn(id) {
        sum = (probabilities.get(id) ?? 0) + adaptiveDecay * sum;
        weight = 1 + adaptiveDecay * weight;
      },
    };
  },
};
