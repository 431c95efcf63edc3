// Chooses the next token from logits. The steps and their default order are the same as in llama.cpp, so the same settings leave
// the same tokens to choose from here as there.
import { RondoError } from '@rondo/errors';
import { createRandom } from '../../common/random.ts';
import { isTokenAllowed, type TokenConstraint } from '../constraints/token-constraint.ts';
import { createChain } from './chain.ts';
import { createChoices } from './choices.ts';
import type { SamplerOptions } from './sampler-options.ts';
import type { SamplingVocabulary } from './step.ts';

/** Chooses tokens, and remembers the tokens of the text. */
export interface Sampler {
  /** The seed in use, to repeat a run that was seeded at random. */
  readonly seed: number;
  /**
   * The next token's id. Leaves `logits` as they are. Called once for each token of the text: random numbers and Mirostat go on.
   *
   * @param logits a logit for each id of the vocabulary; `-Infinity` forbids a token
   * @param constraint forbids tokens before all steps: tokens are drawn from the distribution that the steps give the others
   * @throws RondoError `NON_FINITE_LOGITS` if a logit is NaN or `+Infinity`, or if no token is allowed
   */
  sample(logits: Float32Array, constraint?: TokenConstraint): number;
  /** How many of the best logits `sampleBest` needs. Undefined: the sampler needs all logits. */
  readonly candidates: number | undefined;
  /**
   * Chooses the same token as `sample`, from the best logits alone.
   *
   * @param best at least `candidates` logits (or all logits of a smaller vocabulary), then their ids, as `Encoder.topK` gives
   * them: the best logit first, of equal logits the logit of the lower id first, NaN before all others
   * @throws RondoError as `sample`
   */
  sampleBest(best: Float32Array): number;
  /** Notes a token that became part of the text, prompt included, for penalties. */
  accept(id: number): void;
}

// NaN and `+Infinity` come from damaged weights. Without this check the comparisons below would choose an arbitrary token.
function checkFinite(logits: Float32Array, ids?: Float32Array): void {
  for (let at = 0; at < logits.length; at++) {
    const logit = logits[at] ?? Number.NaN;
    if (logit < Infinity) continue;
    const id = ids?.[at] ?? at;
    throw new RondoError(
      'NON_FINITE_LOGITS',
      `The logit of token ${id} is ${logit}. The weights are damaged or the model overflows: check the file's hash, or use another quantization.`,
      { details: { id, logit } },
    );
  }
}

function nothingAllowed(logits: ArrayLike<number>): RondoError {
  return new RondoError(
    'NON_FINITE_LOGITS',
    `None of the ${logits.length} logits is above -Infinity: every token is forbidden. Loosen the mask.`,
    { details: { vocabularySize: logits.length } },
  );
}

/**
 * Makes a sampler.
 *
 * @param vocabulary without it, ids of a logit bias are not checked, and sequence breakers are refused
 * @throws RondoError `BAD_ARGUMENT` for an option that is out of range, or whose step is left out
 */
export function createSampler(options: SamplerOptions = {}, vocabulary?: SamplingVocabulary): Sampler {
  const seed = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const chain = createChain(options, { seed, vocabulary });
  const random = createRandom(seed);
  const choices = createChoices();
  const candidates = chain.reduceRight<number | undefined>((wanted, step) => step.needs(wanted), undefined);

  /** Applies the steps to the choices, and draws. */
  function choose(given: ArrayLike<number>): number {
    for (const step of chain) step.apply(choices);
    const total = choices.weigh();
    const { weights } = choices;
    const { ids, length } = choices.sorted();
    if (length === 0) throw nothingAllowed(given);
    let left = random() * total;
    let at = 0;
    while (at < length - 1 && (left -= weights[at] ?? 0) >= 0) at++;
    const id = ids[at] ?? 0;
    for (const step of chain) step.drawn?.(id, (weights[at] ?? 0) / total);
    return id;
  }

  function sampleFrom(logits: Float32Array): number {
    choices.begin(logits);
    if (candidates !== undefined) choices.keepBest(candidates);
    return choose(logits);
  }

  return {
    seed,
    candidates,
    sample(logits, constraint) {
      checkFinite(logits);
      if (!constraint) return sampleFrom(logits);
      if (candidates === 1) {
        // The best of all tokens, if it is allowed, is the best of the allowed tokens: no mask is computed.
        choices.begin(logits);
        choices.keepBest(1);
        const { ids, length } = choices.sorted();
        if (length === 1 && isTokenAllowed(constraint, ids[0] ?? 0)) return choose(logits);
      }
      choices.begin(logits);
      choices.keepAllowed(constraint.mask());
      if (candidates !== undefined) choices.keepBest(candidates);
      return choose(logits);
    },
    sampleBest(best) {
      const count = best.length / 2;
      const [logits, ids] = [best.subarray(0, count), best.subarray(count)];
      checkFinite(logits, ids);
      choices.beginSorted(logits, ids);
      return choose(logits);
    },
    accept(id) {
      for (const step of chain) step.accept?.(id);
    },
  };
}
