// Logit bias: what is added to the logits of some tokens, before all other steps.
import { RondoError } from '@rondo/errors';
import type { SamplingOption } from '../option.ts';
import { allTokens, type SamplingStep } from '../step.ts';

/** What is added to the logits of tokens, by id. */
export type LogitBias = Readonly<Record<number, number>>;

/** Options of the logit bias. */
export interface LogitBiasOptions {
  /**
   * What is added to the logits of tokens, by id, before all other steps: `{ 15043: 2 }`. `-Infinity` forbids a token.
   * Default: nothing.
   */
  readonly logitBias?: LogitBias | undefined;
}

const biases: SamplingOption<LogitBias> = {
  kind: 'biases',
  default: {},
  defaultText: 'none',
  help: 'add this to the logit of a token, such as 15043+1, 15043-1 or, to forbid it, 15043-inf; may be repeated',
  check(value) {
    const isObject = Object.prototype.toString.call(value) === '[object Object]';
    const isValid =
      isObject &&
      Object.entries(Object(value)).every(
        ([id, bias]) =>
          /^\d+$/.test(id) && typeof bias === 'number' && (Number.isFinite(bias) || bias === -Infinity),
      );
    return isValid
      ? undefined
      : 'an object of token ids and finite numbers or -Infinity, such as { 15043: 2 }';
  },
};

export const logitBias: SamplingStep<LogitBiasOptions, 'logitBias'> = {
  name: 'logitBias',
  options: { logitBias: biases },
  start({ logitBias }, { vocabulary }) {
    const changes = new Map(Object.entries(logitBias).map(([id, bias]) => [Number(id), bias]));
    if (changes.size === 0) return undefined;
    for (const id of changes.keys()) {
      if (vocabulary === undefined || id < vocabulary.size) continue;
      throw new RondoError(
        'BAD_ARGUMENT',
        `logitBias names the token ${id}, but the vocabulary ends with ${vocabulary.size - 1}.`,
        { details: { option: 'logitBias', id } },
      );
    }
    return {
      needs: allTokens,
      apply: (choices) => choices.change(changes, (logit, bias) => logit + bias),
    };
  },
};
