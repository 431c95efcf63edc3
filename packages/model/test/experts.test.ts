// Models with experts: the same tokens wherever the weights are, and only the chosen experts are read.
import { cpu } from '@rondo/backend-cpu';
import { cachePolicies, type CachePolicy } from '@rondo/cache';
import { async as asyncPrefetch, none, prefetchStrategies, type PrefetchStrategy } from '@rondo/prefetch';
import { RondoError } from '@rondo/errors';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { memory } from '@rondo/source';
import { hookedSource } from '@rondo/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { chosenExperts, computingOrder } from '../src/pass/expert-routing.ts';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';
import { plan } from '../src/engine/plan.ts';
import { greedy } from './support/demo.ts';
import { expertModel } from './support/experts.ts';

const prompt = 'so it begins, and then it goes on as it began: the end of it is not yet to be seen by anyone';
const steps = 16;
/** Room for what every token needs and for about half of the experts. */
const HALF = '2.7MB';

let bytes = new Uint8Array();
let skewed = new Uint8Array();
const load = (options: LoadOptions = {}, file = bytes): Promise<Model> =>
  loadModel(memory(file), { context: 128, ...options });

/** Bytes of all experts of a model, and of those that a token uses, as they are in the file. */
function expertBytes({ gguf, config }: Model): { all: number; used: number } {
  const stacks = [...gguf.tensors.values()].filter(({ name }) => name.includes('_exps.'));
  const all = stacks.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return { all, used: (all * config.expertsUsed) / config.experts };
}

/** Reads a text token by token, as it would be generated, from a first part that is not counted. */
async function readTokens(model: Model, count: number): Promise<void> {
  const ids = Array.from({ length: 2 * count }, (_, index) => 3 + ((index * 7919) % 597));
  for (let length = 1; length <= ids.length; length++) {
    if (length === count + 1) model.resetStats();
    await model.eachLogits(ids.slice(0, length), length - 1, () => {});
  }
}

let resident: number[] = [];
beforeAll(async () => {
  bytes = Uint8Array.from(await expertModel({ dtype: 'Q4_0' }));
  skewed = Uint8Array.from(await expertModel({ dtype: 'Q4_0', skewed: true }));
  await using model = await load();
  expect(model.streams).toBe(false);
  expect(model.config).toMatchObject({ experts: 8, expertsUsed: 2 });
  resident = await greedy(model, prompt, steps);
  expect(new Set(resident).size).toBeGreaterThan(4);
  const { accesses, hits, bytesRead } = model.stats();
  expect(hits).toBe(accesses);
  // What was loaded at first was all that there was to read, but for some rows of the embedding.
  expect(bytesRead).toBeLessThan(model.budget.allWeightBytes * 1.05);
});

const policies: Record<string, () => CachePolicy<number>> = Object.fromEntries(
  Object.entries(cachePolicies)
    .filter(([, { needs }]) => needs === 'nothing')
    .map(([name, { create }]) => [name, () => create([])]),
);
const prefetchers: Record<string, PrefetchStrategy> = {
  ...Object.fromEntries(Object.entries(prefetchStrategies).map(([name, { create }]) => [name, create()])),
  'async, 2 at once': asyncPrefetch({ concurrency: 2 }),
};

describe('streamed: the tokens of a resident run', () => {
  for (const [cache, policy] of Object.entries(policies)) {
    for (const [prefetch, strategy] of Object.entries(prefetchers)) {
      it.each(['tensor', 'layer'] as const)(`${cache} and ${prefetch}, grain: %s`, async (grain) => {
        await using model = await load({ memory: HALF, cache: policy(), prefetch: strategy, grain });
        expect(model.streams).toBe(true);
        // Before keys and values grow.
        const { weightBytes } = model.budget;
        expect(await greedy(model, prompt, steps)).toEqual(resident);
        const { accesses, hits, lateHits, misses, peakWeightBytes } = model.stats();
        expect(hits + lateHits + misses).toBe(accesses);
        expect(peakWeightBytes).toBeLessThanOrEqual(weightBytes);
        const fetched = model.layers.stats().prefetch;
        expect(fetched.useful + fetched.late + fetched.wasted).toBeLessThanOrEqual(fetched.issued);
      });
    }
  }

  it.each(['1.5MB', '2MB', '3.2MB'])('in %s', async (size) => {
    await using model = await load({ memory: size });
    expect(model.streams).toBe(true);
    expect(await greedy(model, prompt, steps)).toEqual(resident);
  });

  it('in the least memory that it says it needs, the prompt in many pieces', async () => {
    const refused: unknown = await load({ memory: 1000 }).catch((error: unknown) => error);
    const { neededBytes } = (refused as { details: { neededBytes: number } }).details;
    await using model = await load({ memory: neededBytes });
    expect(model.budget.batchTokens).toBeLessThan(model.tokenizer.encode(prompt).length / 4);
    expect(await greedy(model, prompt, steps)).toEqual(resident);
  });

  it.each([0, 1, 3])('with %i threads', async (threads) => {
    await using model = await load({ memory: HALF, backend: cpu({ threads }) });
    expect(await greedy(model, prompt, steps)).toEqual(resident);
  });

  it.each([HALF, '64MB'])('two texts at once, in %s: each as if it were alone', async (size) => {
    const other = 'another text, of another length';
    await using alone = await load();
    const expected = await greedy(alone, other, steps);
    await using model = await load({ memory: size, sessions: 2 });
    const runs = await Promise.all([greedy(model, prompt, steps), greedy(model, other, steps)]);
    expect(runs).toEqual([resident, expected]);
  });

  it('after less memory and more again', async () => {
    await using model = await load({ memory: HALF });
    await model.setMemoryBudget('2MB');
    expect(await greedy(model, prompt, steps)).toEqual(resident);
    await model.setMemoryBudget('64MB');
    model.layers.clear();
    expect(await greedy(model, 'again', steps)).toHaveLength(steps);
  });
});

describe('what goes wrong in the middle', () => {
  it('an abort at any read ends the text with its reason, and the next text is as ever', async () => {
    let onRead = (): void => {};
    const source = hookedSource(memory(bytes), () => onRead());
    await using model = await loadModel(source, { context: 128, memory: HALF });
    for (const at of [0, 3, 11, 40]) {
      const controller = new AbortController();
      const reason = new Error(`stop at ${at}`);
      let reads = 0;
      onRead = () => {
        if (reads++ === at) controller.abort(reason);
      };
      const { signal } = controller;
      const ids = model.tokenizer.encode(`${at}: ${prompt}`);
      await expect(model.eachLogits([...ids], 0, () => {}, { signal })).rejects.toBe(reason);
      onRead = () => {};
      expect(await greedy(model, prompt, 4)).toEqual(resident.slice(0, 4));
    }
  });

  it('an expert that cannot be read: the error of the source, until it can', async () => {
    let failing = false;
    const source = hookedSource(memory(bytes), () => {
      if (failing) throw new RondoError('READ_FAILED', 'The disk is gone.');
    });
    await using model = await loadModel(source, { context: 128, memory: HALF });
    const ids = [...model.tokenizer.encode(prompt)];
    await greedy(model, ids, 2);
    failing = true;
    await expect(greedy(model, 'another text', steps)).rejects.toMatchObject({ code: 'READ_FAILED' });
    failing = false;
    expect(await greedy(model, ids, steps)).toEqual(resident);
  });
});

describe('what is read', () => {
  it('of what every token needs nothing, and of the experts only those chosen', async () => {
    await using model = await load({ memory: '2MB', prefetch: none() });
    await readTokens(model, 20);
    const perToken = model.stats().bytesRead / 20;
    const { all, used } = expertBytes(model);
    expect(perToken).toBeLessThan(used * 1.05);
    expect(perToken).toBeLessThan(all / 3);
  });

  it('by default, of a skewed router less than with any other fixed policy', async () => {
    const perToken = async (cache: CachePolicy<number> | undefined) => {
      await using model = await load({ memory: '2.3MB', cache, prefetch: none() }, skewed);
      await readTokens(model, 60);
      return model.stats().bytesRead / 60;
    };
    const byDefault = await perToken(undefined);
    const others = Object.entries(policies).filter(
      ([name]) => !['roundLfu', 'lfu', 'adaptive'].includes(name),
    );
    for (const [, policy] of others) expect(byDefault).toBeLessThan((await perToken(policy())) * 0.9);
  });

  it('prefetch reads hardly more than no prefetch, and is mostly in time', async () => {
    const run = async (prefetch: PrefetchStrategy | undefined) => {
      await using model = await load({ memory: HALF, prefetch }, skewed);
      await readTokens(model, 40);
      return { ...model.stats(), ...model.layers.stats().prefetch };
    };
    const without = await run(none());
    const ahead = await run(undefined);
    expect(ahead.bytesRead).toBeLessThan(without.bytesRead * 1.2);
    expect(ahead.misses).toBeLessThan(without.misses / 2);
    expect(ahead.wasted).toBeLessThan(ahead.issued / 10);
  });

  it('before the first token: what every token needs, then experts as far as they fit', async () => {
    await using model = await load({ memory: HALF, prefetch: none() });
    const { residentWeightBytes } = model.stats();
    const { all } = expertBytes(model);
    expect(residentWeightBytes).toBeGreaterThan(model.budget.weightBytes * 0.75);
    expect(residentWeightBytes).toBeGreaterThan(model.budget.allWeightBytes - all);
    // The head has no experts: it is all there, and no layer is.
    expect(model.layers.stats().resident).toEqual([3]);
    model.resetStats();
    const { used } = expertBytes(model);
    await model.eachLogits([5], 0, () => {});
    expect(model.stats().bytesRead).toBeLessThan(used);
  });
});

it('with many small experts, of which a part fits, the tokens are those of the resident model', async () => {
  const shape = { ...synthShapes['tiny-experts'], experts: { count: 64, used: 4, feedForwardWidth: 64 } };
  const file = new Uint8Array(await encodeGguf(synthesize(shape, { dtype: 'F32' })));
  await using resident = await load({}, file);
  const { all } = expertBytes(resident);
  const { allWeightBytes } = resident.budget;
  await using streamed = await load({ memory: allWeightBytes - all + 0.75 * all }, file);
  expect(streamed.streams).toBe(true);
  const expected = await greedy(resident, prompt, steps);
  expect(await greedy(streamed, prompt, steps)).toEqual(expected);
  await streamed.setMemoryBudget(allWeightBytes - all + 0.6 * all);
  expect(await greedy(streamed, `${prompt} but`, steps)).toEqual(
    await greedy(resident, `${prompt} but`, steps),
  );
  expect(streamed.stats().evictions).toBeGreaterThan(0);
});

it('with many small experts, texts take no more memory than is granted', async () => {
  const experts = { count: 128, used: 8, feedForwardWidth: 64 };
  const shape = { ...synthShapes['tiny-experts'], experts, vocabularySize: 4000 };
  const file = new Uint8Array(await encodeGguf(synthesize(shape, { dtype: 'F32' })));
  await using resident = await load({}, file);
  const { all } = expertBytes(resident);
  const backend = await cpu({ threads: 1 });
  try {
    const memoryBytes = Math.round(resident.budget.allWeightBytes - 0.6 * all);
    await using streamed = await load({ memory: memoryBytes, backend }, file);
    expect(streamed.streams).toBe(true);
    for (const text of [prompt, 'Something else', 'And a third text']) await greedy(streamed, text, 24);
    expect(streamed.stats().evictions).toBeGreaterThan(500);
    // Memory grows by at least a mebibyte at a time. Pages that are not used take no memory.
    expect(backend.bytes).toBeLessThan(memoryBytes + 2 ** 20);
  } finally {
    await backend.dispose();
  }
});

describe('layers', () => {
  it('one is there when all of its experts are', async () => {
    await using model = await load({ memory: '3.2MB', prefetch: none() });
    model.layers.clear();
    const lease = await model.layers.get(1);
    const { all } = expertBytes(model);
    expect(lease.bytes).toBeGreaterThan(all / 3);
    expect(model.layers.stats().resident).toEqual([1]);
    lease.release();
  });

  it('one that is larger than what all weights may take is refused, not waited for', async () => {
    await using model = await load({ memory: '1.5MB' });
    await expect(model.layers.get(0)).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    expect(await greedy(model, prompt, 2)).toEqual(resident.slice(0, 2));
  });
});

it('what experts need to compute is part of the budget', async () => {
  const perToken = async (expertWidth: number) => {
    const experts = { count: 8, used: 2, feedForwardWidth: expertWidth };
    const file = await encodeGguf(synthesize({ ...synthShapes['tiny-experts'], experts }, { dtype: 'F32' }));
    await using model = await loadModel(memory(file), { context: 64, memory: '64MB' });
    const { activationBytes, batchTokens, logitRows } = model.budget;
    return (activationBytes - logitRows * model.config.vocabularySize * 4) / batchTokens;
  };
  // Of wide experts at least the gate and what it lets through, in floats.
  expect((await perToken(2048)) - (await perToken(256))).toBeGreaterThan(2 * 4 * (2048 - 1024));
});

it('the plan expects as many bytes of each expert as its share of the tokens', async () => {
  const options = { context: 128, memory: '2MB' } as const;
  const { bytesPerToken, budget } = await plan(memory(bytes), options);
  await using model = await load(options);
  const { all, used } = expertBytes(model);
  const missing = budget.allWeightBytes - model.stats().residentWeightBytes;
  expect(missing).toBeLessThan(all);
  // The choices that a plan makes up are random, and `roundLfu` keeps what they happened to prefer.
  expect(bytesPerToken / ((missing / all) * used)).toBeGreaterThan(0.9);
  expect(bytesPerToken / ((missing / all) * used)).toBeLessThan(1.1);
});

it('of one token, experts in memory are computed first; of several tokens, experts in ascending order', () => {
  const chosen = [1, 4, 6, 7].map((expert) => ({ expert, rows: [0], scales: [0.25] }));
  const order = (tokens: number) =>
    computingOrder(chosen, tokens, (expert) => expert > 5).map(({ expert }) => expert);
  expect(order(1)).toEqual([6, 7, 1, 4]);
  expect(order(2)).toEqual([1, 4, 6, 7]);
});

describe('the experts that rows chose', () => {
  const routing = { gate: 'softmax', normalized: true, scale: 1 } as const;
  const six = { experts: 6, expertsUsed: 2, routing, layers: [] };

  it('are in ascending order, with their rows and shares', () => {
    const rows = [
      [-9, -9, 0, -9, -9, Math.log(3)],
      [95, 0, 100, 0, 0, 0],
      [2, -9, -9, -9, -9, 2 + Math.log(4)],
    ];
    const chosen = chosenExperts(six, 0, Float32Array.from(rows.flat()), 3);
    expect(chosen.map(({ expert, rows: own }) => [expert, own])).toEqual([
      [0, [1, 2]],
      [2, [0, 1]],
      [5, [0, 2]],
    ]);
    const [zero, two, five] = chosen.map(({ scales }) => scales);
    expect(zero?.[0]).toBeCloseTo(1 / (1 + Math.exp(5)), 6);
    expect(zero?.[1]).toBeCloseTo(0.2, 6);
    expect(two?.[0]).toBeCloseTo(0.25, 6);
    expect(two?.[1]).toBeCloseTo(1 / (1 + Math.exp(-5)), 6);
    expect(five?.[0]).toBeCloseTo(0.75, 6);
    expect(five?.[1]).toBeCloseTo(0.8, 6);
  });

  it.each([Number.NaN, Infinity, -Infinity])('a score of %s is an error that names the layer', (score) => {
    const scores = Float32Array.of(0, 1, 2, 3, 4, score);
    expect(() => chosenExperts(six, 7, scores, 1)).toThrow(
      expect.objectContaining({ code: 'NON_FINITE_LOGITS', details: { layer: 7 } }),
    );
  });
});
