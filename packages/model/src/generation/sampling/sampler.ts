// Chooses the next token from logits. The steps and their order are the same as in llama.cpp: penalties, top-k, top-p, min-p,
// temperature. So the same settings leave the same candidates here as there.
import { RondoError } from '@rondo/errors';
import { createRandom } from '../../common/random.ts';
import { createCandidates, selectTop, type Candidates } from './top-candidates.ts';

/** How the next token is chosen. */
export interface SamplerOptions {
  /** Divisor of the logits. Below 1, likely tokens become likelier. 0: always the likeliest token. Default 0.8. */
  readonly temperature?: number | undefined;
  /** Top-k: the sampler chooses among this many of the likeliest tokens; 0 = among all tokens. Default 40. */
  readonly topK?: number | undefined;
  /**
   * Top-p: keeps the fewest of the likeliest tokens whose probabilities add up to this sum; 1 = all tokens. Default 0.95
   * (arXiv 1904.09751).
   */
  readonly topP?: number | undefined;
  /** Min-p: keeps tokens with at least this share of the highest probability; 0 = all tokens. Default 0.05 (arXiv 2407.01082). */
  readonly minP?: number | undefined;
  /** Divisor of positive logits of recent tokens, factor of negative logits; 1 = no penalty. Default 1 (arXiv 1909.05858). */
  readonly repeatPenalty?: number | undefined;
  /** How many of the last accepted tokens count as recent. Default 64. */
  readonly repeatLastN?: number | undefined;
  /** Any safe integer: the same seed, logits and settings give the same tokens. Default: drawn at random. */
  readonly seed?: number | undefined;
}

/** Chooses tokens, and remembers the tokens of the text. */
export interface Sampler {
  /** The seed in use, to repeat a run that was seeded at random. */
  readonly seed: number;
  /**
   * The next token's id. Leaves `logits` as they are. Changes no state except the position in the random numbers.
   *
   * @param logits a logit for each id of the vocabulary; `-Infinity` forbids a token
   * @throws RondoError `NON_FINITE_LOGITS` if a logit is NaN or `+Infinity`, or if no token is allowed
   */
  sample(logits: Float32Array): number;
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
  /** Notes a token that became part of the text, prompt included, for the repetition penalty. */
  accept(id: number): void;
}

interface Settings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repeatPenalty: number;
  readonly repeatLastN: number;
  readonly seed: number;
}

function readSettings(options: SamplerOptions): Settings {
  const settings: Settings = {
    temperature: options.temperature ?? 0.8,
    topK: options.topK ?? 40,
    topP: options.topP ?? 0.95,
    minP: options.minP ?? 0.05,
    repeatPenalty: options.repeatPenalty ?? 1,
    repeatLastN: options.repeatLastN ?? 64,
    seed: options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  };
  const expect = (name: keyof Settings, isValid: boolean, what: string): void => {
    if (isValid) return;
    throw new RondoError('BAD_ARGUMENT', `${name} is ${settings[name]}, but must be ${what}.`, {
      details: { option: name, value: settings[name] },
    });
  };
  const { temperature, topK, topP, minP, repeatPenalty, repeatLastN, seed } = settings;
  expect('temperature', temperature >= 0 && Number.isFinite(temperature), 'a number from 0 up');
  expect('topK', Number.isSafeInteger(topK) && topK >= 0, 'an integer from 0 up (0 means all)');
  expect('topP', topP > 0 && topP <= 1, 'above 0 and at most 1');
  expect('minP', minP >= 0 && minP <= 1, 'from 0 to 1');
  expect('repeatPenalty', repeatPenalty >= 0.01 && repeatPenalty <= 100, 'from 0.01 to 100 (1 is off)');
  expect('repeatLastN', Number.isSafeInteger(repeatLastN) && repeatLastN >= 0, 'an integer from 0 up');
  expect('seed', Number.isSafeInteger(seed), 'a safe integer');
  return settings;
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

// Fills `weights` with the probabilities times a common factor, and returns the sum. The best candidate weighs 1, so that no
// exponential overflows.
function weigh(candidates: Candidates, temperature: number, weights: Float64Array): number {
  const best = candidates.logits[0] ?? 0;
  let total = 0;
  for (let at = 0; at < candidates.length; at++) {
    const weight = Math.exp(((candidates.logits[at] ?? 0) - best) / temperature);
    weights[at] = weight;
    total += weight;
  }
  return total;
}

function cutTopP(candidates: Candidates, topP: number, weights: Float64Array): void {
  if (topP >= 1) return;
  const enough = topP * weigh(candidates, 1, weights);
  let sum = 0;
  for (let at = 0; at < candidates.length; at++) {
    sum += weights[at] ?? 0;
    if (sum >= enough) {
      candidates.length = at + 1;
      return;
    }
  }
}

function cutMinP(candidates: Candidates, minP: number): void {
  if (minP <= 0) return;
  const least = (candidates.logits[0] ?? 0) + Math.log(minP);
  let kept = 1;
  while (kept < candidates.length && (candidates.logits[kept] ?? 0) >= least) kept++;
  candidates.length = kept;
}

function draw(candidates: Candidates, temperature: number, weights: Float64Array, random: number): number {
  let left = random * weigh(candidates, temperature, weights);
  for (let at = 0; at < candidates.length; at++) {
    left -= weights[at] ?? 0;
    if (left < 0) return candidates.ids[at] ?? 0;
  }
  // By rounding, a small rest can remain after the last candidate.
  return candidates.ids[candidates.length - 1] ?? 0;
}

/**
 * Makes a sampler.
 *
 * @throws RondoError `BAD_ARGUMENT` for an option out of range
 */
export function createSampler(options: SamplerOptions = {}): Sampler {
  const settings = readSettings(options);
  const { temperature, topK, topP, minP, repeatPenalty, repeatLastN } = settings;
  const random = createRandom(settings.seed);
  const penalizes = repeatPenalty !== 1 && repeatLastN > 0;
  const recent: number[] = [];
  let penalized = new Float32Array(0);
  let candidates = createCandidates(0);
  let weights = new Float64Array(0);

  const penalize = (logits: Float32Array): Float32Array => {
    if (!penalizes || recent.length === 0) return logits;
    if (penalized.length !== logits.length) penalized = new Float32Array(logits.length);
    penalized.set(logits);
    for (const id of new Set(recent)) {
      const logit = logits[id];
      if (logit !== undefined) penalized[id] = logit > 0 ? logit / repeatPenalty : logit * repeatPenalty;
    }
    return penalized;
  };

  const reserve = (count: number): void => {
    if (candidates.ids.length >= count) return;
    candidates = createCandidates(count);
    weights = new Float64Array(count);
  };

  const choose = (logits: ArrayLike<number>): number => {
    if (candidates.length === 0) throw nothingAllowed(logits);
    if (temperature === 0) return candidates.ids[0] ?? 0;
    cutTopP(candidates, topP, weights);
    cutMinP(candidates, minP);
    return draw(candidates, temperature, weights, random());
  };

  return {
    seed: settings.seed,
    candidates: penalizes ? undefined : temperature === 0 ? 1 : topK || undefined,
    sample(logits) {
      checkFinite(logits);
      const count = temperature === 0 ? 1 : topK === 0 ? logits.length : Math.min(topK, logits.length);
      reserve(count);
      selectTop(penalize(logits), count, candidates);
      return choose(logits);
    },
    sampleBest(best) {
      const count = best.length / 2;
      const [logits, ids] = [best.subarray(0, count), best.subarray(count)];
      checkFinite(logits, ids);
      reserve(count);
      const forbidden = logits.indexOf(-Infinity);
      candidates.length = forbidden < 0 ? count : forbidden;
      candidates.logits.set(logits);
      candidates.ids.set(ids);
      return choose(logits);
    },
    accept(id) {
      if (!penalizes) return;
      recent.push(id);
      if (recent.length > repeatLastN) recent.shift();
    },
  };
}
