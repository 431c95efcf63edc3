// The hit rates and times that the strategies must reach, on the patterns of the benchmark.
import { beladyHits, type CachePolicy } from '@rondo/cache';
import { beforeAll, describe, expect, it } from 'vitest';
import { countHits } from './count-hits.ts';
import { ENTRIES, patterns } from './patterns.ts';
import { EVEN, limitMs, optimumOf, SIZES } from './product.ts';
import { simulate, type RunResult } from './simulate.ts';
import { nameOf, policies, prefetchers } from './strategies.ts';

function byName<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no ${name}.`);
  return found;
}

const real = policies.filter(({ needs }) => needs === 'nothing');
const ACCESSES = 32_768;

function hitRate(patternName: string, policyName: string, slots: number): number {
  const pattern = byName(patterns, patternName);
  const trace = pattern.trace(ACCESSES);
  const policy: CachePolicy<number> = byName(policies, policyName).create(trace);
  return countHits(trace, pattern.keys(ACCESSES), slots, policy) / ACCESSES;
}

function run(patternName: string, policy: string, prefetch: string, slots: number): Promise<RunResult> {
  const pattern = byName(patterns, patternName);
  const trace = pattern.trace(TIMED);
  const strategy = prefetchers.find((entry) => nameOf(entry) === prefetch);
  if (strategy === undefined) throw new Error(`There is no ${prefetch}.`);
  return simulate({
    trace,
    keys: pattern.keys(TIMED),
    slots,
    policy: byName(policies, policy).create(trace),
    prefetch: strategy.create(),
    machine: EVEN.machine,
  });
}

const TIMED = 40 * ENTRIES;

describe('inference', () => {
  const optimum = optimumOf(byName(patterns, 'inference').trace(TIMED));

  it.each(SIZES)(
    'room for %i: pinned has 96% of the optimum, lru nothing, with protection or without',
    (slots) => {
      const trace = byName(patterns, 'inference').trace(ACCESSES);
      const best = beladyHits(trace, () => 1, slots).hitRate;
      expect(hitRate('inference', 'pinned', slots)).toBeGreaterThanOrEqual(0.96 * best);
      expect(hitRate('inference', 'lru', slots)).toBe(0);
      expect(hitRate('inference', 'protectedLru', slots)).toBe(0);
    },
  );

  for (const slots of SIZES) {
    for (const distance of [1, 2, 3, 4].filter((one) => slots - one >= 2)) {
      it(`room for ${slots}, ${distance} ahead: pinned saves 96% of the reads that the optimum saves in the slots left`, async () => {
        const { cache } = await run('inference', 'pinned', `async ${distance}`, slots);
        const saved = TIMED - cache.bytesLoaded / EVEN.machine.entryBytes;
        expect(saved).toBeGreaterThanOrEqual(0.96 * optimum.hits(slots - distance));
      });
    }
  }

  it.each([8, 12, 16, 24])(
    'inference with room for %i: predictive hides 95%% of the time that can be hidden',
    async (slots) => {
      const limit = limitMs(TIMED, optimum.hits(slots), EVEN.machine);
      for (const policy of ['pinned', 'adaptive']) {
        const { timeMs: without } = await run('inference', policy, 'none', slots);
        const { timeMs } = await run('inference', policy, 'predictive', slots);
        expect((without - timeMs) / (without - limit)).toBeGreaterThanOrEqual(0.95);
      }
    },
  );
});

describe('back-and-forth, room for 8', () => {
  it.each(real)('back-and-forth with room for 8: $name hits 2/3 without prefetch', ({ name }) => {
    expect(hitRate('back-and-forth', name, 8)).toBeGreaterThan(2 / 3 - 0.002);
  });

  it.each(real)('back-and-forth with room for 8: $name hits over 90% with predictive', async ({ name }) => {
    const { cache } = await run('back-and-forth', name, 'predictive', 8);
    expect(cache.hits / cache.accesses).toBeGreaterThan(0.9);
  });
});

describe('random and skewed', () => {
  it.each(real)('$name: within 1 point of 50% on uniform random access at 16 of 32', ({ name }) => {
    expect(Math.abs(hitRate('random', name, 16) - 0.5)).toBeLessThan(0.01);
  });

  it.each(SIZES)('experts with room for %i: lfu and adaptive are ahead of lru on experts', (slots) => {
    const { lru, lfu, adaptive } = rates('experts', slots);
    expect(lfu).toBeGreaterThan(lru);
    expect(adaptive).toBeGreaterThan(lru);
  });
});

describe('adaptive', () => {
  for (const { name } of patterns.filter((pattern) => pattern.name !== 'sequential')) {
    it.each(SIZES)(
      `adaptive is within 3 points of the best fixed policy on ${name}, room for %i`,
      (slots) => {
        const { adaptive, ...fixed } = rates(name, slots);
        expect(adaptive).toBeGreaterThan(Math.max(...Object.values(fixed)) - 0.03);
      },
    );
  }
});

function rates(pattern: string, slots: number) {
  const of = (policy: string): number => hitRate(pattern, policy, slots);
  return {
    lru: of('lru'),
    protectedLru: of('protectedLru'),
    lfu: of('lfu'),
    pinned: of('pinned'),
    adaptive: of('adaptive'),
  };
}

describe('sync on a sequential scan', () => {
  it.each(policies)('sync with $name is never faster than none on a sequential scan', async ({ name }) => {
    for (const slots of [4, 16]) {
      const { timeMs: without } = await run('sequential', name, 'none', slots);
      for (const distance of [1, 2, 3, 4]) {
        const { timeMs } = await run('sequential', name, `sync ${distance}`, slots);
        expect(timeMs).toBeGreaterThanOrEqual(without - 1e-6);
      }
    }
  });
});

describe('the simulator', () => {
  const accesses = 1_000_000;
  let trace: number[];
  beforeAll(() => {
    trace = byName(patterns, 'inference').trace(accesses);
  });

  it.each([
    ['lru', 0],
    ['pinned', 15 / 31],
  ])('counts a million accesses of %s to a hit rate near %d', (name, hitRate) => {
    const hits = countHits(trace, ENTRIES, 16, byName(policies, name).create([]));
    expect(Math.abs(hits / accesses - hitRate)).toBeLessThan(0.02);
  });
});

it.each([8, 16, 24])(
  'room for %i: the default policy, on 32 equal layers without prefetch, reads what the optimum reads',
  async (slots) => {
    const trace = byName(patterns, 'inference').trace(TIMED);
    const best = optimumOf(trace).hits(slots);
    const { cache } = await run('inference', 'pinned', 'none', slots);
    expect(cache.hits).toBeGreaterThanOrEqual(0.99 * best);
  },
);
