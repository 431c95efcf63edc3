// The steps beyond llama.cpp's table: their order, settings that would do nothing, Mirostat, adaptive-p, DRY's sequence breakers,
// and what each step must see.
import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { errorOf } from '../../common/test-support/error-of.ts';
import { createSampler, type SamplerName, type SamplerOptions } from './index.ts';
import { samplingOptions } from './sampler-options.ts';
import type { SamplingVocabulary } from './step.ts';
import { sequenceBreakers } from './steps/dry-breakers.ts';
import { fixedSteps, orderedSteps } from './steps/index.ts';

const plain: SamplerOptions = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1 };
const logs = (probabilities: readonly number[]) => Float32Array.from(probabilities, Math.log);

/** The ids that are drawn at all. */
function drawn(logits: Float32Array, options: SamplerOptions, accepted: readonly number[] = []): number[] {
  const sampler = createSampler({ ...plain, ...options });
  for (const id of accepted) sampler.accept(id);
  return [...new Set(Array.from({ length: 2000 }, () => sampler.sample(logits)))].toSorted((a, b) => a - b);
}

describe('the order of steps', () => {
  const row = logs([0.4, 0.3, 0.2, 0.1]);

  it('the default order is llama.cpp’s, then adaptive-p', () => {
    expect(samplingOptions.samplers.default).toEqual([
      'penalties',
      'dry',
      'topNSigma',
      'topK',
      'typical',
      'topP',
      'minP',
      'xtc',
      'temperature',
      'adaptiveP',
    ]);
  });

  it('top-p after top-k counts what top-k left; before it, all tokens', () => {
    const options = { topK: 2, topP: 0.5 };
    expect(drawn(row, options)).toEqual([0]);
    expect(drawn(row, { ...options, samplers: ['topP', 'topK', 'minP', 'temperature'] })).toEqual([0, 1]);
  });

  it('top-p after a high temperature keeps more tokens', () => {
    const options = { topP: 0.6, temperature: 100 };
    expect(drawn(row, options)).toEqual([0, 1]);
    expect(drawn(row, { ...options, samplers: ['temperature', 'topK', 'topP', 'minP'] })).toEqual([0, 1, 2]);
  });

  it('penalties after top-k and temperature change the logits as they are then', () => {
    const samplers = ['topK', 'temperature', 'penalties', 'topP', 'minP'] as const;
    // The logit of token 0 is log 0.4 / 2 = -0.458 at temperature 2. Times 3 it is below log 0.3 / 2 = -0.602.
    const options = { samplers, topK: 2, temperature: 2, topP: 1e-9, repeatPenalty: 3 };
    expect(drawn(row, options)).toEqual([0]);
    expect(drawn(row, options, [0])).toEqual([1]);
    expect(drawn(Float32Array.of(2, 1), { ...options, repeatPenalty: 1.9 }, [0])).toEqual([0]);
    expect(drawn(Float32Array.of(2, 1), { ...options, repeatPenalty: 2.1 }, [0])).toEqual([1]);
  });

  it('an empty list of steps draws from the logits as they are', () => {
    const sampler = createSampler({ samplers: [], seed: 3 });
    const same = createSampler({ ...plain, seed: 3 });
    for (let draw = 0; draw < 50; draw++) expect(sampler.sample(row)).toBe(same.sample(row));
  });

  it.each<[SamplerOptions, string]>([
    [{ samplers: ['topK'], minP: 0.1 }, 'minP'],
    [{ samplers: ['topK'], temperature: 0 }, 'temperature'],
    [{ samplers: ['topK', 'temperature'], dryMultiplier: 1, drySequenceBreakers: [] }, 'dryMultiplier'],
    [{ mirostat: 2, topK: 20 }, 'topK'],
    [{ mirostat: 2, samplers: ['temperature'] }, 'samplers'],
    [{ mirostat: 2, repeatPenalty: 2 }, 'repeatPenalty'],
    [{ mirostat: 2, adaptiveTarget: 0.3 }, 'adaptiveTarget'],
  ])('%j is refused by name: a setting that does nothing is a mistake', (options, name) => {
    const error = errorOf(() => createSampler(options));
    expect([error.code, error.details['option']]).toEqual(['BAD_ARGUMENT', name]);
    expect(error.message).toContain(`${name} would do nothing`);
  });

  it('a setting that turns its step off may stand beside a list without the step', () => {
    const options = { samplers: ['temperature'], topK: 0, minP: 0, topP: 1, repeatPenalty: 1 } as const;
    expect(createSampler(options).sample(row)).toBeLessThan(4);
    expect(createSampler({ mirostat: 2, topK: 0, temperature: 1 }).sample(row)).toBeLessThan(4);
  });
});

describe('options', () => {
  it.each<[Record<string, unknown>, RegExp]>([
    [{ samplers: ['nucleus'] }, /samplers must be a list of these names: penalties, dry/],
    [{ samplers: 'topK' }, /samplers must be a list of these names/],
    [{ samplers: ['topK', 'topK'] }, /names no step twice/],
    [{ samplers: ['adaptiveP', 'topK'] }, /adaptiveP as the last step/],
    [{ logitBias: { 1: Number.NaN } }, /logitBias must be an object of token ids/],
    [{ logitBias: { 1: Infinity } }, /logitBias/],
    [{ logitBias: { a: 1 } }, /logitBias/],
    [{ logitBias: [1] }, /logitBias/],
    [{ mirostat: 1 }, /mirostat must be 0 \(off\) or 2/],
    [{ drySequenceBreakers: [''] }, /drySequenceBreakers must be a list of texts, none of them empty/],
    [{ dryMultiplier: 1 }, /drySequenceBreakers needs a tokenizer/],
    [{ dryBase: 0.5 }, /dryBase must be a number, at least 1/],
    [{ adaptiveDecay: 1 }, /adaptiveDecay must be a number, at least 0 and at most 0.99/],
    [{ frequencyPenalty: Infinity }, /frequencyPenalty must be a number/],
    [{ xtcProbability: 1.5 }, /xtcProbability must be a number, at least 0 and at most 1/],
    [{ typical: 0 }, /typical must be a number, above 0 and at most 1/],
    [{ topNSigma: -1 }, /topNSigma must be a number, at least 0/],
    [{ dynatempRange: -1 }, /dynatempRange/],
  ])('%j is refused', (options, message) => {
    const error = errorOf(() => createSampler(options as SamplerOptions));
    expect(error.code).toBe('BAD_ARGUMENT');
    expect(error.message).toMatch(message);
  });

  it('each option has a default that its own check accepts', () => {
    for (const [name, { default: value, check }] of Object.entries(samplingOptions))
      if (value !== undefined) expect([name, check(value)]).toEqual([name, undefined]);
  });

  it('the types of the options come from the steps', () => {
    type Value<Name extends keyof SamplerOptions> = SamplerOptions[Name];
    expectTypeOf<Value<'topK'>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Value<'mirostat'>>().toEqualTypeOf<0 | 2 | undefined>();
    expectTypeOf<Value<'drySequenceBreakers'>>().toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf<Value<'logitBias'>>().toEqualTypeOf<Readonly<Record<number, number>> | undefined>();
    expectTypeOf<'xtc' | 'penalties'>().toExtend<SamplerName>();
    expectTypeOf<'logitBias'>().not.toExtend<SamplerName>();
  });

  it('no two steps have an option of the same name', () => {
    const names = [...orderedSteps, ...fixedSteps].flatMap(({ options }) => Object.keys(options));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('what a sampler must see', () => {
  it.each<[SamplerOptions, number | undefined]>([
    [{}, 40],
    [{ temperature: 0 }, 1],
    [{ temperature: 0, topK: 0, topNSigma: 1, dynatempRange: 0 }, 1],
    [{ topK: 7, minP: 0 }, 7],
    [{ topK: 7, samplers: ['minP', 'topK', 'temperature'] }, 7],
    [{ topK: 7, samplers: ['topP', 'topK', 'temperature'] }, undefined],
    [{ topK: 7, xtcProbability: 0.5 }, 7],
    [{ topK: 7, typical: 0.5 }, 7],
    [{ topK: 7, adaptiveTarget: 0.5 }, 7],
    [{ topK: 7, topNSigma: 1 }, undefined],
    [{ temperature: 0, typical: 0.5, topK: 0 }, undefined],
    [{ logitBias: { 1: 1 } }, undefined],
    [{ logitBias: {} }, 40],
    [{ presencePenalty: 1 }, undefined],
    [{ mirostat: 2 }, undefined],
  ])('%j: candidates is %s', (options, candidates) => {
    expect(createSampler(options).candidates).toBe(candidates);
  });

  it('the best logits alone give the token that all logits give, whatever the steps and their order', () => {
    const names = orderedSteps.map(({ name }) => name).filter((name) => name !== 'adaptiveP');
    const options = fc.record({
      temperature: fc.constantFrom(0, 0.5, 1, 3),
      dynatempRange: fc.constantFrom(0, 0.4),
      topK: fc.integer({ min: 1, max: 20 }),
      topP: fc.constantFrom(0.3, 0.95, 1),
      minP: fc.constantFrom(0, 0.05),
      typical: fc.constantFrom(0.3, 0.9, 1),
      topNSigma: fc.constantFrom(0, 1),
      xtcProbability: fc.constantFrom(0, 0.5),
      adaptiveTarget: fc.constantFrom(-1, 0.3),
      samplers: fc.shuffledSubarray(names, { minLength: names.length }),
      seed: fc.nat(),
    });
    const row = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(row, options, (given, { samplers, ...settings }) => {
        const logits = Float32Array.from(given);
        const all = { ...settings, samplers: [...samplers, 'adaptiveP' as const] };
        const [fromAll, fromBest] = [createSampler(all), createSampler(all)];
        const count = Math.min(fromBest.candidates ?? logits.length, logits.length);
        const ids = [...logits.keys()]
          .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
          .slice(0, count);
        const best = Float32Array.from([...ids.map((id) => logits[id] ?? 0), ...ids]);
        for (let token = 0; token < 5; token++)
          expect(fromBest.sampleBest(best)).toBe(fromAll.sample(logits));
      }),
      { numRuns: 500 },
    );
  });
});

describe('dynamic temperature', () => {
  it('certain rows get a temperature near the lower end, even rows one near the upper end', () => {
    const share = (probabilities: readonly number[], options: SamplerOptions) => {
      const sampler = createSampler({ ...plain, ...options });
      const row = logs(probabilities);
      return Array.from({ length: 4000 }, () => sampler.sample(row)).filter((id) => id === 0).length / 4000;
    };
    const dynamic = { temperature: 1, dynatempRange: 0.9 };
    const certain = [0.99, 0.005, 0.005];
    expect(share(certain, dynamic)).toBe(share(certain, { temperature: 0.1 + 1.8 * entropy(certain) }));
    const even = [0.36, 0.32, 0.32];
    expect(share(even, dynamic)).toBeCloseTo(share(even, { temperature: 0.1 + 1.8 * entropy(even) }), 2);
  });

  /** The entropy as a share of the entropy of as many equally likely tokens. */
  function entropy(probabilities: readonly number[]): number {
    const sum = probabilities.reduce((total, probability) => total - probability * Math.log(probability), 0);
    return sum / Math.log(probabilities.length);
  }
});

describe('Mirostat', () => {
  const row = Float32Array.from({ length: 500 }, (_, id) => -Math.log(id + 1));
  const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);

  it.each([2, 4, 6])('holds the surprise of the chosen tokens at %d bits on average', (mirostatTau) => {
    const sampler = createSampler({ mirostat: 2, mirostatTau, mirostatEta: 0.2, temperature: 1, seed: 5 });
    let mostBits = 2 * mirostatTau;
    let sum = 0;
    for (let draw = 0; draw < 3000; draw++) {
      const id = sampler.sample(row);
      // The row is sorted: the tokens up to the bound are the first ones, at least one.
      const probabilities = Array.from(row, (logit) => Math.exp(logit) / total);
      const kept = Math.max(1, probabilities.filter((one) => -Math.log2(one) <= mostBits).length);
      expect(id).toBeLessThan(kept);
      const left = probabilities.slice(0, kept).reduce((all, one) => all + one, 0);
      const bits = -Math.log2((probabilities[id] ?? 0) / left);
      mostBits -= 0.2 * (bits - mirostatTau);
      sum += bits;
    }
    expect(sum / 3000).toBeCloseTo(mirostatTau, 1);
  });

  it('is off by default', () => {
    expect(createSampler({}).candidates).toBe(40);
  });
});

describe('adaptive-p', () => {
  it('chooses tokens near the target, and moves away from the probabilities of late', () => {
    const row = logs([0.6, 0.25, 0.1, 0.05]);
    const counts = (adaptiveTarget: number) => {
      const sampler = createSampler({ ...plain, adaptiveTarget });
      const ids = Array.from({ length: 4000 }, () => sampler.sample(row));
      return [0, 1, 2, 3].map((id) => ids.filter((one) => one === id).length);
    };
    const [atHigh = 0] = counts(0.9);
    const [atLow = 0] = counts(0.1);
    const [plainly = 0] = counts(-1);
    expect(atHigh).toBeGreaterThan(plainly);
    expect(atLow).toBeLessThan(plainly);
    // The mean probability of the chosen tokens is held near the target.
    const mean =
      counts(0.3).reduce((sum, count, id) => sum + count * ([0.6, 0.25, 0.1, 0.05][id] ?? 0), 0) / 4000;
    expect(mean).toBeCloseTo(0.3, 1);
  });
});

describe('logit bias', () => {
  const row = Float32Array.of(3, 2, 1);

  it('is added before all other steps; -Infinity forbids a token', () => {
    const choose = (logitBias: Record<number, number>) =>
      createSampler({ temperature: 0, logitBias }).sample(row);
    expect(choose({})).toBe(0);
    expect(choose({ 2: 2.5 })).toBe(2);
    expect(choose({ 0: -1.5 })).toBe(1);
    expect(choose({ 0: -Infinity, 1: -Infinity })).toBe(2);
    expect([...row]).toEqual([3, 2, 1]);
  });

  it('of an id outside the vocabulary is refused', () => {
    const vocabulary: SamplingVocabulary = { size: 3, text: String, encode: () => [] };
    const error = errorOf(() => createSampler({ logitBias: { 3: 1 } }, vocabulary));
    expect([error.code, error.message]).toEqual(['BAD_ARGUMENT', expect.stringContaining('token 3')]);
  });

  it('works with Mirostat', () => {
    expect(drawn(row, { mirostat: 2, logitBias: { 0: -Infinity } })).toEqual([1, 2]);
  });
});

describe('DRY', () => {
  const texts = ['a', 'b', '\n', 'a\nb', 'b\nUs', 'er:', 'er', ': x', 'User:'];
  const vocabulary: SamplingVocabulary = {
    size: texts.length,
    text: (id) => texts[id] ?? '',
    encode: (text) => (text === 'er:' ? [5] : [...text].map((letter) => texts.indexOf(letter))),
  };

  it('a sequence breaker begins in each token that ends with its beginning', () => {
    const breakers = sequenceBreakers(['\n', '\nUser:'], vocabulary);
    expect(Object.fromEntries(breakers)).toEqual({
      2: [[], [-1, -1, -1, -1, -1]],
      3: [[]],
      4: [[], [5]],
    });
  });

  it('a token that would go on with a repetition is penalized; a breaker ends the repetition', () => {
    const row = new Float32Array(texts.length);
    const choose = (accepted: readonly number[], drySequenceBreakers: readonly string[]) => {
      const sampler = createSampler(
        { temperature: 0, dryMultiplier: 1, drySequenceBreakers, logitBias: { 1: 0.5 } },
        vocabulary,
      );
      for (const id of accepted) sampler.accept(id);
      return sampler.sample(row);
    };
    // After "er a" came "b": "b" would go on with it.
    expect(choose([6, 0, 1, 5, 6, 0], [])).toBe(0);
    expect(choose([6, 0, 1, 5, 6, 0], ['a'])).toBe(1);
    expect(choose([6, 0, 1], [])).toBe(1);
  });

  it('a single-token sequence breaker itself is never penalized', () => {
    const sampler = createSampler(
      { temperature: 0, dryMultiplier: 9, drySequenceBreakers: ['\n'] },
      vocabulary,
    );
    for (const id of [0, 1, 2, 0, 1]) sampler.accept(id);
    const row = new Float32Array(texts.length);
    row[2] = 0.5;
    expect(sampler.sample(row)).toBe(2);
  });

  it('looks back over dryPenaltyLastN tokens', () => {
    const choose = (dryPenaltyLastN: number) => {
      const sampler = createSampler({
        temperature: 0,
        dryMultiplier: 9,
        drySequenceBreakers: [],
        dryPenaltyLastN,
      });
      for (const id of [0, 1, 2, 3, 4, 0, 1]) sampler.accept(id);
      return sampler.sample(Float32Array.of(0, 0, 1, 0.5, 0));
    };
    expect(choose(7)).toBe(3);
    expect(choose(4)).toBe(2);
    expect(choose(0)).toBe(2);
  });
});
