// Temperature: flattens or sharpens the distribution. With a dynamic range the temperature follows the entropy: the more evenly
// the tokens are likely, the higher the temperature.
import { number } from '../option.ts';
import { allUnlessGreedy, asManyAsWanted, type SamplingStep } from '../step.ts';
import type { Choices } from '../choices.ts';

/** Options of the temperature. */
export interface TemperatureOptions {
  /** Divisor of the logits. Below 1, likely tokens become likelier. 0: always the likeliest token. Default 0.8. */
  readonly temperature?: number | undefined;
  /**
   * Dynamic temperature: the temperature goes from `temperature - dynatempRange`, at least 0, to `temperature + dynatempRange`;
   * 0 = a constant temperature. Default 0.
   */
  readonly dynatempRange?: number | undefined;
  /**
   * Dynamic temperature: the entropy, divided by the entropy of as many equally likely tokens, is raised to this power and says
   * where in the range the temperature is. Default 1.
   */
  readonly dynatempExponent?: number | undefined;
}

export const temperature: SamplingStep<TemperatureOptions, 'temperature'> = {
  name: 'temperature',
  options: {
    temperature: number(0.8, {
      least: 0,
      help: 'higher is more varied; 0 always takes the likeliest token',
    }),
    dynatempRange: number(0, {
      least: 0,
      help: 'let the temperature follow the entropy, this much below and above; 0 is off',
    }),
    dynatempExponent: number(1, {
      flag: 'dynatempExp',
      least: 0,
      help: 'how the entropy maps to the range of the temperature',
    }),
  },
  start({ temperature, dynatempRange, dynatempExponent }) {
    if (dynatempRange > 0) {
      const least = Math.max(0, temperature - dynatempRange);
      const span = temperature + dynatempRange - least;
      return {
        needs: allUnlessGreedy,
        apply(choices) {
          if (choices.sorted().length < 2) return;
          heat(choices, least + span * relativeEntropy(choices) ** dynatempExponent);
        },
      };
    }
    if (temperature === 1) return undefined;
    return {
      needs: temperature === 0 ? () => 1 : asManyAsWanted,
      apply: (choices) => heat(choices, temperature),
    };
  },
};

function heat(choices: Choices, temperature: number): void {
  if (temperature === 0) choices.keepBest(1);
  else choices.divide(temperature);
}

/** The entropy as a share of the entropy that as many equally likely tokens would have. */
function relativeEntropy(choices: Choices): number {
  const total = choices.weigh();
  const { length } = choices.sorted();
  let entropy = 0;
  for (let at = 0; at < length; at++) {
    const probability = (choices.weights[at] ?? 0) / total;
    if (probability > 0) entropy -= probability * Math.log(probability);
  }
  return Math.min(1, Math.max(0, entropy / Math.log(length)));
}
