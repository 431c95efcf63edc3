// Streamed and resident runs give the same tokens, whatever the cache and the prefetcher; and the counters add up.
import { cpu } from '@rondo/backend-cpu';
import { cachePolicies, type CachePolicy } from '@rondo/cache';
import { async as asyncPrefetch, none, prefetchStrategies, type PrefetchStrategy } from '@rondo/prefetch';
import type { ByteSource } from '@rondo/source';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';
import { READS_IN_FLIGHT } from '../src/weights/preload.ts';
import { createRandom } from '../src/common/random.ts';
import { CONTEXT, demoSource, greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const prompt = 'First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:';
const steps = 24;

const policies: Record<string, () => CachePolicy<number>> = Object.fromEntries(
  Object.entries(cachePolicies)
    .filter(([, { needs }]) => needs === 'nothing')
    .map(([name, { create }]) => [name, () => create([])]),
);
const prefetchers: Record<string, PrefetchStrategy> = {
  ...Object.fromEntries(Object.entries(prefetchStrategies).map(([name, { create }]) => [name, create()])),
  'async, 2 ahead, 2 at once': asyncPrefetch({ distance: 2, concurrency: 2 }),
};

/** A source whose reads end one at a time, when all else has come to rest: which one of them, chance chooses. */
function endingInAnyOrder(source: ByteSource, random: () => number): ByteSource {
  const ends: (() => void)[] = [];
  function endOne(): void {
    ends.splice(Math.floor(random() * ends.length), 1)[0]?.();
    if (ends.length > 0) setImmediate(endOne);
  }
  return {
    ...source,
    async readInto(...given) {
      await source.readInto(...given);
      if (ends.length === 0) setImmediate(endOne);
      await new Promise<void>((resolve) => ends.push(resolve));
    },
  };
}

let resident: number[] = [];

beforeAll(async () => {
  await using model = await loadDemo();
  expect(model.streams).toBe(false);
  resident = await greedy(model, prompt, steps);
  const stats = model.stats();
  expect(stats.hits).toBe(stats.accesses);
});

describe('with room for three of eight layers', () => {
  for (const [cache, policy] of Object.entries(policies)) {
    for (const [prefetch, strategy] of Object.entries(prefetchers)) {
      it(`${cache} and ${prefetch}, whole layers: the tokens of a resident run`, async () => {
        const options = { cache: policy(), prefetch: strategy, grain: 'layer' } as const;
        await using model = await loadDemo({ memory: THREE_LAYERS, ...options });
        const layerBytes = model.budget.allWeightBytes / 8.33;
        expect(Math.floor(model.budget.weightBytes / layerBytes)).toBe(3);
        expect(model.streams).toBe(true);
        expect(await greedy(model, prompt, steps)).toEqual(resident);

        const stats = model.stats();
        // The batches of the prompt share a pass.
        expect(model.tokenizer.encode(prompt).length).toBeGreaterThan(model.budget.batchTokens);
        expect(stats.accesses).toBe(steps * 9);
        expect(stats.hits + stats.lateHits + stats.misses).toBe(stats.accesses);
        expect(stats.peakWeightBytes).toBeLessThanOrEqual(model.budget.weightBytes);
        // Of eight layers three can be there: the others are read in each round, in time or not.
        expect(stats.bytesRead).toBeGreaterThan(steps * 5 * layerBytes * 0.9);
      });
    }
  }

  for (const [cache, policy] of Object.entries(policies)) {
    for (const [prefetch, strategy] of Object.entries(prefetchers)) {
      it(`${cache} and ${prefetch}, tensor by tensor: the tokens of a resident run`, async () => {
        await using model = await loadDemo({ memory: THREE_LAYERS, cache: policy(), prefetch: strategy });
        expect(model.streams).toBe(true);
        // Before keys and values grow.
        const { weightBytes, allWeightBytes } = model.budget;
        expect(await greedy(model, prompt, 8)).toEqual(resident.slice(0, 8));
        const stats = model.stats();
        expect(stats.accesses).toBeGreaterThan(8 * 9 * 3);
        expect(stats.hits + stats.lateHits + stats.misses).toBe(stats.accesses);
        expect(stats.peakWeightBytes).toBeLessThanOrEqual(weightBytes);
        expect(stats.bytesRead).toBeGreaterThan(8 * (allWeightBytes - weightBytes) * 0.9);
      });
    }
  }

  for (const seed of [1, 2, 3]) {
    const load = async (memory: string | number) =>
      loadModel(endingInAnyOrder(await demoSource(), createRandom(seed)), {
        context: CONTEXT,
        memory,
        backend: cpu({ threads: 0 }),
      });
    /** Bytes read for a token, and of a piece: all but the norms are pieces of one size. */
    const measured = async (model: Model) => {
      await greedy(model, prompt, 2);
      model.resetStats();
      await greedy(model, prompt, steps);
      const { bytesRead, accesses } = model.stats();
      const norms = model.config.layers.length + 1;
      return {
        tokenBytes: bytesRead / steps,
        pieceBytes: model.budget.allWeightBytes / (accesses / steps - norms),
      };
    };

    it(`by default, what does not fit and what passes is read again each round, in whatever order reads end (seed ${seed})`, async () => {
      await using model = await load(THREE_LAYERS);
      const { tokenBytes, pieceBytes } = await measured(model);
      const { allWeightBytes, weightBytes } = model.budget;
      // What is read before the first pass leaves room for READS_IN_FLIGHT + 3 pieces to pass. Keys and values, as they grow,
      // take the place of one that stays. The room is no whole number of pieces: less than one piece is left over.
      const passing = READS_IN_FLIGHT + 3 + 1;
      expect(tokenBytes).toBeLessThan(allWeightBytes - weightBytes + (passing + 1) * pieceBytes);
      expect(tokenBytes).toBeGreaterThan(allWeightBytes - weightBytes);
    });

    it(`63: in the least memory no weight is read twice a round, in whatever order reads end (seed ${seed})`, async () => {
      const refused: unknown = await load(1000).catch((error: unknown) => error);
      const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
      for (const pieces of [0, 1, 3]) {
        await using model = await load(neededBytes + pieces * 150_000);
        const { tokenBytes, pieceBytes } = await measured(model);
        expect(model.streams).toBe(true);
        // Besides, rows of the embedding are read: less than a piece.
        expect(tokenBytes).toBeLessThan(model.budget.allWeightBytes + pieceBytes);
      }
    });
  }

  it.each([1, 2, 3, 5])('runs in the least memory that it says it needs, and %i KB more', async (more) => {
    const refused: unknown = await loadDemo({ memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
    await using model = await loadDemo({ memory: neededBytes + (more - 1) * 1000 });
    expect(await greedy(model, prompt, 4)).toEqual(resident.slice(0, 4));
  });

  it('without prefetch, pinned comes near the optimum and LRU hits nothing', async () => {
    const rates: Record<string, number> = {};
    for (const [name, policy] of Object.entries(policies)) {
      const options = { cache: policy(), prefetch: none(), grain: 'layer' } as const;
      await using model = await loadDemo({ memory: THREE_LAYERS, ...options });
      await greedy(model, prompt, 8);
      model.resetStats();
      await greedy(model, prompt, 16);
      const { hitRate, beladyHitRate } = model.stats();
      rates[name] = hitRate;
      rates['belady'] = beladyHitRate;
    }
    expect(rates['pinned']).toBeGreaterThan((rates['belady'] ?? 1) * 0.9);
    // The small head stays where a layer does not fit; every layer misses.
    expect(rates['lru']).toBeLessThan(0.12);
  });
});

describe('the number of threads', () => {
  for (const threads of [0, 1, 3]) {
    it(`${threads}: the same tokens`, async () => {
      await using model = await loadDemo({ backend: cpu({ threads }), memory: THREE_LAYERS });
      expect(await greedy(model, prompt, steps)).toEqual(resident);
    });
  }
});

describe('a text that begins like the last one', () => {
  it('goes on from where they part, with the same tokens as from the start', async () => {
    await using model = await loadDemo();
    const ids = [...model.tokenizer.encode(prompt)];
    const first = await greedy(model, ids, 8);
    const changed = [...ids, ...first.slice(0, 4), 33, 34];
    const continued = await greedy(model, changed, 8);
    await using fresh = await loadDemo();
    expect(continued).toEqual(await greedy(fresh, changed, 8));
  });
});
