// A prompt of several batches takes one pass over the weights, whatever happens meanwhile.
import { hookedSource } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';
import { demoSource, greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const prompt = 'First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.';
const steps = 6;
const options = { memory: THREE_LAYERS, context: 128 };

async function resident(): Promise<number[]> {
  await using model = await loadDemo();
  return await greedy(model, prompt, steps);
}

it('reads each weight once, and gives the tokens of a resident run', async () => {
  const expected = await resident();
  await using model = await loadDemo(options);
  const { batchTokens, passTokens, allWeightBytes } = model.budget;
  const tokens = model.tokenizer.encode(prompt).length;
  expect(tokens).toBeGreaterThan(2 * batchTokens);
  expect(tokens).toBeLessThanOrEqual(passTokens);
  await greedy(model, 'O', 2);
  model.resetStats();
  await greedy(model, 'A', 1);
  const { accesses: ofOneToken } = model.stats();
  model.resetStats();
  expect(await greedy(model, prompt, 1)).toEqual(expected.slice(0, 1));
  const { passes, accesses, bytesRead } = model.stats();
  expect([passes, accesses]).toEqual([1, ofOneToken]);
  expect(bytesRead).toBeLessThan(allWeightBytes);
  expect(await greedy(model, prompt, steps)).toEqual(expected);
});

it('tells the logits of all its batches', async () => {
  await using whole = await loadDemo();
  await using model = await loadDemo(options);
  const ids = [...model.tokenizer.encode(prompt)];
  const rows = async (one: Model) => {
    const told: [number, Float32Array][] = [];
    await one.eachLogits(ids, 3, (logits, token) => told.push([token, logits.slice()]));
    return told;
  };
  expect(await rows(model)).toEqual(await rows(whole));
});

describe('in the middle of it', () => {
  const meanwhile: Record<string, (model: Model) => Promise<unknown>> = {
    'layers can be protected': (model) => model.layers.protect([3]),
    'a layer can be held': async (model) => (await model.layers.get(6)).release(),
    'the memory can be made smaller': (model) => model.setMemoryBudget(model.budget.totalBytes - 800_000),
    'the cache can be made smaller': (model) => model.layers.setCacheSize({ bytes: 1_000_000 }),
    'the memory can be made larger': (model) => model.setMemoryBudget('64MiB'),
  };
  it.each(Object.entries(meanwhile))('%s', async (_, act) => {
    const expected = await resident();
    for (const read of [2, 9, 23]) {
      let reads = -Infinity;
      let acting: Promise<unknown> | undefined;
      const source = hookedSource(await demoSource(), () => {
        reads += 1;
        if (reads === read) acting = act(model);
      });
      await using model = await loadModel(source, options);
      reads = 0;
      expect(await greedy(model, prompt, steps)).toEqual(expected);
      expect(acting, `at read ${read}`).toBeDefined();
      await acting;
    }
  });
});
