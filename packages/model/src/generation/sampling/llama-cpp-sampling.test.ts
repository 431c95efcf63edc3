// Every case of llama.cpp's test-sampling.cpp, read from its source.
import { describe, expect, it } from 'vitest';
import { createChoices, type Choices } from './choices.ts';
import { createSampler } from './index.ts';
import type { RunningStep } from './step.ts';
import { startDry } from './steps/dry.ts';
import { minP } from './steps/min-p.ts';
import { penalties } from './steps/penalties.ts';
import { temperature } from './steps/temperature.ts';
import { topK } from './steps/top-k.ts';
import { topNSigma } from './steps/top-n-sigma.ts';
import { topP } from './steps/top-p.ts';
import { typical } from './steps/typical.ts';
import { xtc } from './steps/xtc.ts';
import { samplingCases, type Argument } from './test-support/sampling-table.ts';

const cases = samplingCases();
const context = { seed: 0, vocabulary: undefined };

/** The cases of a test function, with a name for the log. */
function casesOf(name: string): readonly (readonly [string, readonly Argument[]])[] {
  return cases
    .filter((one) => one.name === `test_${name}`)
    .map(({ args }) => [JSON.stringify(args), args] as const);
}

const numbers = (argument: Argument | undefined): readonly number[] => argument as readonly number[];
const number = (argument: Argument | undefined): number => Number(argument);

const descending = (values: readonly number[]) => values.toSorted((a, b) => b - a);

function choicesOf(probabilities: readonly number[]): Choices {
  const choices = createChoices();
  choices.begin(Float32Array.from(probabilities, (probability) => Math.log(probability)));
  return choices;
}

/** The probabilities of the choices, by id. */
function softmax(choices: Choices): ReadonlyMap<number, number> {
  const total = choices.weigh();
  const { ids, length } = choices.sorted();
  return new Map(
    Array.from({ length }, (_, at) => [ids[at] ?? 0, (choices.weights[at] ?? 0) / total] as const),
  );
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [at, value] of expected.entries()) expect(Math.abs((found[at] ?? 0) - value)).toBeLessThan(1e-5);
}

/** The step keeps every token: llama.cpp's expectation is in the order of ids, and a token that was taken out has 0. */
function expectById(
  step: RunningStep | undefined,
  given: readonly number[],
  expected: readonly number[],
): void {
  const choices = choicesOf(given);
  step?.apply(choices);
  const left = softmax(choices);
  expectClose(
    given.map((_, id) => left.get(id) ?? 0),
    expected,
  );
}

/** The step takes tokens out: what is left, as sorted numbers. */
function expectLeft(
  step: RunningStep | undefined,
  given: readonly number[],
  expected: readonly number[],
): void {
  const choices = choicesOf(given);
  step?.apply(choices);
  expectClose(descending([...softmax(choices).values()]), descending(expected));
}

/** The step takes tokens out, and llama.cpp expects the probabilities that the tokens left had before. */
function expectLeftAsBefore(
  step: RunningStep | undefined,
  given: readonly number[],
  expected: readonly number[],
): void {
  const choices = choicesOf(given);
  step?.apply(choices);
  const left = [...softmax(choices).keys()].map((id) => given[id] ?? 0);
  expectClose(descending(left), descending(expected));
}

describe('temperature', () => {
  it.each(casesOf('temp'))('%s', (_, [given, expected, value]) => {
    const step = temperature.start(
      { temperature: number(value), dynatempRange: 0, dynatempExponent: 1 },
      context,
    );
    expectById(step, numbers(given), numbers(expected));
  });

  it.each(casesOf('temp_ext'))('with a range: %s', (_, [given, expected, value, range, exponent]) => {
    const settings = {
      temperature: number(value),
      dynatempRange: number(range),
      dynatempExponent: number(exponent),
    };
    expectById(temperature.start(settings, context), numbers(given), numbers(expected));
  });
});

describe('steps that take tokens out', () => {
  it.each(casesOf('top_k'))('top-k: %s', (_, [given, expected, value]) => {
    expectLeft(topK.start({ topK: number(value) }, context), numbers(given), numbers(expected));
  });

  it.each(casesOf('top_p'))('top-p: %s', (_, [given, expected, value]) => {
    expectLeft(topP.start({ topP: number(value) }, context), numbers(given), numbers(expected));
  });

  it.each(casesOf('min_p'))('min-p: %s', (_, [given, expected, value]) => {
    expectLeft(minP.start({ minP: number(value) }, context), numbers(given), numbers(expected));
  });

  it.each(casesOf('xtc'))('XTC: %s', (_, [given, expected, probability, threshold]) => {
    const settings = { xtcProbability: number(probability), xtcThreshold: number(threshold) };
    expectLeftAsBefore(xtc.start(settings, context), numbers(given), numbers(expected));
  });

  it.each(casesOf('typical'))('typical: %s', (_, [given, expected, value]) => {
    expectLeftAsBefore(typical.start({ typical: number(value) }, context), numbers(given), numbers(expected));
  });

  it.each(casesOf('top_n_sigma'))('top-n-sigma: %s', (_, [given, expected, value]) => {
    expectById(topNSigma.start({ topNSigma: number(value) }, context), numbers(given), numbers(expected));
  });
});

describe('steps that remember tokens', () => {
  it.each(casesOf('penalties'))(
    'penalties: %s',
    (_, [given, last, expected, repeat, frequency, presence]) => {
      const settings = {
        repeatPenalty: number(repeat),
        frequencyPenalty: number(frequency),
        presencePenalty: number(presence),
        repeatLastN: numbers(last).length,
      };
      const step = penalties.start(settings, context);
      for (const id of numbers(last)) step?.accept?.(id);
      expectById(step, numbers(given), numbers(expected));
    },
  );

  it.each(casesOf('dry'))(
    'DRY: %s',
    (_, [given, last, expected, multiplier, base, allowed, lastN, breakers]) => {
      const settings = {
        dryMultiplier: number(multiplier),
        dryBase: number(base),
        dryAllowedLength: number(allowed),
        dryPenaltyLastN: number(lastN),
      };
      const heads = (breakers as readonly (readonly number[])[]).map(
        ([head = 0, ...tail]) => [head, [tail]] as const,
      );
      const step = startDry(settings, new Map(heads));
      for (const id of numbers(last)) step.accept?.(id);
      expectById(step, numbers(given), numbers(expected));
    },
  );
});

// A token whose logit is -Infinity is no choice here: token 0 of these rows, which llama.cpp counts in its sizes.
describe('queues of steps', () => {
  it.each(casesOf('sampler_queue'))('%s', (_, [vocabulary, queue, k, p, least]) => {
    const size = number(vocabulary);
    const last = size - 1;
    const choices = createChoices();
    choices.begin(Float32Array.from({ length: size }, (__, id) => Math.log(id)));
    let first = 1;
    const sum = (from: number) => (last * (last + 1)) / 2 - (from * (from - 1)) / 2;
    for (const name of String(queue)) {
      if (name === 'k') {
        topK.start({ topK: number(k) }, context)?.apply(choices);
        first = Math.max(first, size - number(k));
      } else if (name === 'p') {
        topP.start({ topP: number(p) }, context)?.apply(choices);
        const enough = Math.ceil(number(p) * sum(first));
        first = last;
        while (sum(first) < enough) first--;
      } else {
        expect(name).toBe('m');
        minP.start({ minP: number(least) }, context)?.apply(choices);
        first = Math.min(last, Math.max(first, Math.floor(number(least) * size)));
      }
      const { ids, length } = choices.sorted();
      expect([ids[0], ids[length - 1], length]).toEqual([last, first, last - first + 1]);
    }
  });
});

it.each(casesOf('dist_singleton_rng'))(
  'drawing from a single token takes one random number, as drawing from several',
  () => {
    const options = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 4242 };
    const [single, control] = [createSampler(options), createSampler(options)];
    single.sample(Float32Array.of(0));
    control.sample(Float32Array.of(0, 0));
    const row = new Float32Array(256);
    for (let draw = 0; draw < 4; draw++) expect(single.sample(row)).toBe(control.sample(row));
  },
);
