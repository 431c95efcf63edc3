import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../common/random.ts';
import { errorOf } from '../../common/test-support/error-of.ts';
import { createSampler, type SamplerOptions } from './index.ts';
import { createCandidates, selectTop } from './top-candidates.ts';

/** No cut and no penalty: the plain distribution. */
const plain: SamplerOptions = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1 };

function draws(logits: readonly number[], options: SamplerOptions, count = 20_000): number[] {
  const sampler = createSampler(options);
  const row = Float32Array.from(logits);
  const counts = logits.map(() => 0);
  for (let left = count; left > 0; left--) {
    const id = sampler.sample(row);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts;
}

// Pearson's chi-square over the entries that can occur. Entries that cannot occur must not have occurred.
function chiSquare(counts: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const count = counts.reduce((sum, each) => sum + each, 0);
  let result = 0;
  for (const [id, weight] of weights.entries()) {
    const expected = (count * weight) / total;
    if (expected === 0) expect(counts[id]).toBe(0);
    else result += ((counts[id] ?? 0) - expected) ** 2 / expected;
  }
  return result;
}

// 0.1% of honest samplers with up to 7 degrees of freedom exceed this; the seeds are fixed.
const chiSquareLimit = 24.3;

const logit = fc.oneof(
  fc.double({ min: -30, max: 30, noNaN: true }),
  fc.constantFrom(-Infinity, 0, 1, -1, 0.5),
);
const rows = fc
  .array(logit, { minLength: 1, maxLength: 60 })
  .filter((row) => row.some((each) => each > -Infinity));

describe('selection', () => {
  it('selectTop finds the k best logits, sorted, the lower id first among equal logits', () => {
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (row, count) => {
        const candidates = createCandidates(count);
        selectTop(row, count, candidates);
        const sorted = [...row.keys()]
          .filter((id) => row[id] !== -Infinity)
          .sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b)
          .slice(0, count);
        expect([...candidates.ids.subarray(0, candidates.length)]).toEqual(sorted);
        expect([...candidates.logits.subarray(0, candidates.length)]).toEqual(sorted.map((id) => row[id]));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('greedy', () => {
  it('is the argmax, the lowest id among equals; top-k of 1 is the same at any temperature', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const logits = Float32Array.from(row);
        const best = logits.indexOf(Math.max(...logits));
        expect(createSampler({ temperature: 0 }).sample(logits)).toBe(best);
        expect(createSampler({ temperature: 5, topK: 1 }).sample(logits)).toBe(best);
        expect(createSampler({ temperature: 5, topP: 1e-9 }).sample(logits)).toBe(best);
      }),
    );
  });
});

describe('the distribution', () => {
  const logits = [2, 1.5, 0, -1, 1.5, -Infinity, -0.5, 0.3];
  const softmax = (temperature: number): number[] => logits.map((each) => Math.exp(each / temperature));

  it.each([0.5, 1, 2])('is the softmax at temperature %d', (temperature) => {
    expect(chiSquare(draws(logits, { ...plain, temperature }), softmax(temperature))).toBeLessThan(
      chiSquareLimit,
    );
  });

  it('is cut to the best by top-k, and spread as before among them', () => {
    const weights = softmax(1).map((weight, id) => ([0, 1, 4].includes(id) ? weight : 0));
    expect(chiSquare(draws(logits, { ...plain, topK: 3 }), weights)).toBeLessThan(chiSquareLimit);
  });

  it('is cut by top-p at the first sum that reaches it, temperature not counting', () => {
    // 0.4, 0.3, 0.2, 0.1: at 0.7 two tokens are enough, just above it three are needed.
    const row = [0.2, 0.4, 0.1, 0.3].map(Math.log);
    const kept = (topP: number): number[] =>
      draws(row, { ...plain, temperature: 3, topP }, 2000).flatMap((count, id) => (count > 0 ? [id] : []));
    expect(kept(0.699)).toEqual([1, 3]);
    expect(kept(0.701)).toEqual([0, 1, 3]);
    expect(kept(1)).toEqual([0, 1, 2, 3]);
  });

  it('is cut by min-p at a fraction of the best', () => {
    const row = [0.2, 0.4, 0.1, 0.3].map(Math.log);
    const kept = (minP: number): number[] =>
      draws(row, { ...plain, temperature: 3, minP }, 2000).flatMap((count, id) => (count > 0 ? [id] : []));
    expect(kept(0.49)).toEqual([0, 1, 3]);
    expect(kept(0.51)).toEqual([1, 3]);
    expect(kept(1)).toEqual([1]);
  });

  it('top-p counts what top-k left, as in llama.cpp', () => {
    const row = [0.4, 0.3, 0.2, 0.1].map(Math.log);
    // Of the best two tokens, the first has 0.57 of the remaining probability.
    const kept = draws(row, { ...plain, topK: 2, topP: 0.5 }, 500);
    expect(kept).toEqual([500, 0, 0, 0]);
  });
});

describe('the repetition penalty', () => {
  const choose = (
    logits: readonly number[],
    accepted: readonly number[],
    options: SamplerOptions,
  ): number => {
    const sampler = createSampler({ temperature: 0, ...options });
    for (const id of accepted) sampler.accept(id);
    return sampler.sample(Float32Array.from(logits));
  };

  it('divides positive logits, multiplies negative ones, once however often a token came', () => {
    expect(choose([3, 2], [0, 0, 0], { repeatPenalty: 1.4 })).toBe(0);
    expect(choose([3, 2], [0], { repeatPenalty: 1.6 })).toBe(1);
    expect(choose([-1, -1.5], [0], { repeatPenalty: 1.4 })).toBe(0);
    expect(choose([-1, -1.5], [0], { repeatPenalty: 1.6 })).toBe(1);
    expect(choose([3, 2], [0], {})).toBe(0);
  });

  it('forgets what is longer ago than repeatLastN, and ids outside the vocabulary do nothing', () => {
    expect(choose([3, 2, 1], [0, 2, 2], { repeatPenalty: 9, repeatLastN: 3 })).toBe(1);
    expect(choose([3, 2, 1], [0, 2, 2], { repeatPenalty: 9, repeatLastN: 2 })).toBe(0);
    expect(choose([3, 2, 1], [0], { repeatPenalty: 9, repeatLastN: 0 })).toBe(0);
    expect(choose([3, 2, 1], [77], { repeatPenalty: 9 })).toBe(0);
  });

  it('leaves the logits as they are', () => {
    const logits = Float32Array.of(3, 2);
    const sampler = createSampler({ repeatPenalty: 2 });
    sampler.accept(0);
    sampler.sample(logits);
    expect([...logits]).toEqual([3, 2]);
  });
});

describe('seeds', () => {
  const row = Float32Array.from({ length: 50 }, (_, id) => Math.sin(id));
  const sequence = (seed?: number): number[] => {
    const sampler = createSampler({ ...plain, seed });
    return Array.from({ length: 40 }, () => sampler.sample(row));
  };

  it('the same seed gives the same tokens, another gives others', () => {
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    for (const seed of seeds) expect(sequence(seed)).toEqual(sequence(seed));
    expect(new Set(seeds.map((seed) => sequence(seed).join())).size).toBe(seeds.length);
    expect(sequence()).not.toEqual(sequence());
  });

  it('a run seeded at random can be repeated', () => {
    const first = createSampler({ temperature: 1 });
    const again = createSampler({ temperature: 1, seed: first.seed });
    for (let left = 20; left > 0; left--) expect(again.sample(row)).toBe(first.sample(row));
  });

  it('a seed gives the same random numbers on every machine and in every release', () => {
    const random = createRandom(42);
    expect(Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32))).toMatchInlineSnapshot(`
      [
        2728850730,
        268437868,
        4002966893,
        1496633852,
      ]
    `);
  });

  it('random numbers are spread evenly', () => {
    const random = createRandom(7);
    const counts = Array.from({ length: 8 }, () => 0);
    for (let left = 80_000; left > 0; left--) {
      const bin = Math.floor(random() * 8);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect(
      chiSquare(
        counts,
        counts.map(() => 1),
      ),
    ).toBeLessThan(chiSquareLimit);
  });
});

describe('bad input', () => {
  it.each([Number.NaN, Infinity])('row 51: a logit of %d is an error wherever it stands', (bad) => {
    for (const at of [0, 1, 2]) {
      for (const options of [{ temperature: 0 }, plain, { topK: 1 }]) {
        const logits = Float32Array.of(5, 1, -5);
        logits[at] = bad;
        const error = errorOf(() => createSampler(options).sample(logits));
        expect([error.code, error.details['id']]).toEqual(['NON_FINITE_LOGITS', at]);
      }
    }
  });

  it('-Infinity forbids a token, and forbidding all is an error', () => {
    expect(draws([-Infinity, 1, -Infinity], plain, 50)).toEqual([0, 50, 0]);
    expect(errorOf(() => createSampler().sample(Float32Array.of(-Infinity, -Infinity))).code).toBe(
      'NON_FINITE_LOGITS',
    );
    expect(errorOf(() => createSampler().sample(new Float32Array(0))).code).toBe('NON_FINITE_LOGITS');
  });

  it.each([
    { temperature: -1 },
    { temperature: Number.NaN },
    { topK: -1 },
    { topK: 1.5 },
    { topP: 0 },
    { topP: 1.1 },
    { minP: -0.1 },
    { minP: 2 },
    { repeatPenalty: 0 },
    { repeatLastN: -1 },
    { seed: 0.5 },
  ])('%j is refused by name', (options) => {
    const error = errorOf(() => createSampler(options));
    expect(error.code).toBe('BAD_ARGUMENT');
    expect(error.message).toContain(Object.keys(options)[0]);
  });

  it('extreme but finite settings never give NaN', () => {
    const extremes = [
      Float32Array.of(3e38, -3e38, 0),
      Float32Array.of(1e-45, 0),
      Float32Array.of(-3e38, -3e38),
    ];
    for (const logits of extremes) {
      for (const temperature of [5e-324, 1e-9, 1e300]) {
        expect(createSampler({ ...plain, temperature }).sample(logits)).toBeLessThan(logits.length);
      }
    }
  });
});

describe('from the best logits alone', () => {
  /** As `Encoder.topK` gives them. */
  const bestOf = (logits: readonly number[], count: number): Float32Array => {
    const rank = (id: number) => (Number.isNaN(logits[id]) ? Infinity : (logits[id] ?? 0));
    const ids = [...logits.keys()].sort((a, b) => rank(b) - rank(a) || a - b).slice(0, count);
    return Float32Array.from([...ids.map((id) => logits[id] ?? 0), ...ids]);
  };

  it('sampleBest chooses the token that sample chooses from all logits', () => {
    const logit = fc.oneof(fc.double({ min: -20, max: 20, noNaN: true }), fc.constantFrom(-Infinity, 0, 3));
    fc.assert(
      fc.property(
        fc.array(logit, { minLength: 1, maxLength: 60 }).filter((all) => all.some((one) => one > -Infinity)),
        fc.record({
          temperature: fc.constantFrom(0, 0.5, 1),
          topK: fc.integer({ min: 1, max: 50 }),
          topP: fc.constantFrom(0.3, 0.95, 1),
          minP: fc.constantFrom(0, 0.05),
          seed: fc.nat(),
        }),
        (given, options) => {
          const logits = Float32Array.from(given);
          const [fromAll, fromBest] = [createSampler(options), createSampler(options)];
          const best = bestOf([...logits], Math.min(fromBest.candidates ?? 0, logits.length));
          for (let token = 0; token < 5; token++)
            expect(fromBest.sampleBest(best)).toBe(fromAll.sample(logits));
        },
      ),
    );
  });

  it('a sampler with a penalty, or without top-k, needs all logits', () => {
    expect(createSampler({ temperature: 0 }).candidates).toBe(1);
    expect(createSampler({ topK: 40 }).candidates).toBe(40);
    expect(createSampler({ topK: 0 }).candidates).toBeUndefined();
    expect(createSampler({ temperature: 0, repeatPenalty: 1.1 }).candidates).toBeUndefined();
  });

  it('51: refuses what is not finite, and where nothing is allowed', () => {
    const refused = expect.objectContaining({ code: 'NON_FINITE_LOGITS' });
    const sampler = createSampler({ topK: 2 });
    expect(() => sampler.sampleBest(bestOf([1, Number.NaN, 2], 2))).toThrow(/token 1/);
    for (const logits of [
      [1, Number.NaN, 2],
      [1, Infinity, 2],
      [-Infinity, -Infinity, -Infinity],
    ])
      expect(() => sampler.sampleBest(bestOf(logits, 2))).toThrow(refused);
  });
});
