// DRY ("don't repeat yourself"): a token that would continue a repetition of the text is penalized, the more the longer the
// repetition is. The idea and the formula are p-e-w's (text-generation-webui, pull request 5677).
import { RondoError } from '@rondo/errors';
import { sequenceBreakers, type SequenceBreakers } from './dry-breakers.ts';
import type { SamplingOption } from '../option.ts';
import { number, whole } from '../option.ts';
import { allTokens, type RunningStep, type SamplingStep, type Settings } from '../step.ts';

/** Options of DRY. */
export interface DryOptions {
  /**
   * DRY: a token that would continue a repetition of `n` tokens loses `dryMultiplier * dryBase ** (n - dryAllowedLength)` of its
   * logit; 0 = no penalty. Default 0.
   */
  readonly dryMultiplier?: number | undefined;
  /** DRY: how fast the penalty grows with the length of the repetition. Default 1.75. */
  readonly dryBase?: number | undefined;
  /** DRY: the shortest repetition, in tokens, whose continuation is penalized. Default 2. */
  readonly dryAllowedLength?: number | undefined;
  /** DRY: how many of the last tokens are searched for repetitions. Default 64. */
  readonly dryPenaltyLastN?: number | undefined;
  /**
   * DRY: texts that no repetition goes beyond, such as the names of the speakers of a dialogue. Default: a line break, a colon, a
   * quotation mark and an asterisk.
   */
  readonly drySequenceBreakers?: readonly string[] | undefined;
}

const breakerTexts: SamplingOption<readonly string[]> = {
  kind: 'texts',
  flag: 'drySequenceBreaker',
  default: ['\n', ':', '"', '*'],
  defaultText: 'line break, colon, quotation mark and asterisk',
  help: 'a text that no repetition goes beyond, in place of the default ones; may be repeated; none: no such text',
  check: (value) =>
    Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '')
      ? undefined
      : 'a list of texts, none of them empty',
};

/** No exponential of a penalty is larger: e^88 is about the largest 32-bit number. */
const MOST_EXPONENT = 88.7228391;

export const dry: SamplingStep<DryOptions, 'dry'> = {
  name: 'dry',
  options: {
    dryMultiplier: number(0, {
      least: 0,
      help: 'penalize tokens that continue a repetition, this much; 0 is off',
    }),
    dryBase: number(1.75, {
      least: 1,
      help: 'how fast that penalty grows with the length of the repetition',
    }),
    dryAllowedLength: whole(2, { least: 0, help: 'tokens from which on a repetition is penalized' }),
    dryPenaltyLastN: whole(64, {
      least: 0,
      help: 'how many of the last tokens are searched for repetitions',
    }),
    drySequenceBreakers: breakerTexts,
  },
  start(settings, { vocabulary }) {
    if (settings.dryMultiplier === 0 || settings.dryPenaltyLastN === 0) return undefined;
    const { drySequenceBreakers } = settings;
    if (drySequenceBreakers.length === 0) return startDry(settings, new Map());
    if (!vocabulary) {
      throw new RondoError(
        'BAD_ARGUMENT',
        'drySequenceBreakers needs a tokenizer: without it the texts cannot be found among the tokens. Give a tokenizer, or an empty list.',
        { details: { option: 'drySequenceBreakers', value: drySequenceBreakers } },
      );
    }
    return startDry(settings, sequenceBreakers(drySequenceBreakers, vocabulary));
  },
};

/** DRY with breakers that are known as tokens. */
export function startDry(
  settings: Omit<Settings<DryOptions>, 'drySequenceBreakers'>,
  breakers: SequenceBreakers,
): RunningStep {
  const { dryMultiplier, dryBase, dryAllowedLength, dryPenaltyLastN } = settings;
  const mostExponent = dryBase > 1.000001 ? Math.floor(MOST_EXPONENT / Math.log(dryBase)) : Infinity;
  /** The last tokens, the latest first. */
  const recent: number[] = [];
  return {
    needs: allTokens,
    apply(choices) {
      if (recent.length <= dryAllowedLength) return;
      const limit = tokensSinceBreaker(recent, breakers);
      if (limit < dryAllowedLength) return;
      const lengths = repetitionLengths(recent);
      const penalties = new Map<number, number>();
      for (let at = 1; at < recent.length; at++) {
        const length = Math.min(lengths[at] ?? 0, limit);
        const next = recent[at - 1] ?? 0;
        if (length < dryAllowedLength || breakers.get(next)?.some((tail) => tail.length === 0)) continue;
        const exponent = Math.min(length - dryAllowedLength, mostExponent);
        penalties.set(next, Math.max(penalties.get(next) ?? 0, dryMultiplier * dryBase ** exponent));
      }
      choices.change(penalties, (logit, penalty) => logit - penalty);
    },
    accept(id) {
      recent.unshift(id);
      if (recent.length > dryPenaltyLastN) recent.pop();
    },
  };
}

/**
 * For each place in `recent`, how many tokens from there on are the same as from the latest token on. Place 0 has no length. This
 * is the Z function of the list, computed in linear time.
 */
function repetitionLengths(recent: readonly number[]): readonly number[] {
  const lengths = recent.map(() => 0);
  let [start, end] = [0, 0];
  for (let at = 1; at < recent.length; at++) {
    let length = at < end ? Math.min(end - at, lengths[at - start] ?? 0) : 0;
    while (at + length < recent.length && recent[length] === recent[at + length]) length++;
    lengths[at] = length;
    if (at + length > end) [start, end] = [at, at + length];
  }
  return lengths;
}

/** How many tokens came after the latest breaker; all of them if there is no breaker. */
function tokensSinceBreaker(recent: readonly number[], breakers: SequenceBreakers): number {
  if (breakers.size === 0) return recent.length;
  for (const [at, id] of recent.entries()) {
    let longest = -1;
    for (const tail of breakers.get(id) ?? []) {
      const isHere = tail.length <= at && tail.every((token, offset) => recent[at - 1 - offset] === token);
      if (isHere) longest = Math.max(longest, tail.length);
    }
    if (longest >= 0) return at - longest;
  }
  return recent.length;
}
