// Long prompts: progress while they are read, and an abort that ends the reading within a batch.
import { cpu } from '@rondo/backend-cpu';
import type { Backend } from '@rondo/tensor';
import { expect, it } from 'vitest';
import type { Model } from '../src/model.ts';
import { greedy, loadDemo } from './support/demo.ts';

const context = 512;
/** With this memory a batch has 8 tokens, and a pass 88. */
const memory = '5.5MB';

const longPrompt = (model: Model) => [...model.tokenizer.encode('word '.repeat(400))];

it.each([
  ['in memory', undefined],
  ['streamed', memory],
])('weights %s: progress comes after each pass, and goes up to all tokens', async (_, granted) => {
  await using model = await loadDemo({ context, memory: granted });
  const prompt = longPrompt(model);
  const { passTokens } = model.budget;
  const told: [number, number][] = [];
  const onPrefill = (read: number, of: number) => told.push([read, of]);
  await model.generate(prompt, { maxTokens: 1, onPrefill }).next();
  expect(told.map(([read]) => read)).toEqual(
    Array.from({ length: Math.ceil(prompt.length / passTokens) }, (__, pass) =>
      Math.min(prompt.length, (pass + 1) * passTokens),
    ),
  );
  expect(told.every(([, of]) => of === prompt.length)).toBe(true);
});

it('after an abort between passes no further pass begins, and the next text is right', async () => {
  await using model = await loadDemo({ context, memory });
  const prompt = longPrompt(model);
  expect(prompt.length).toBeGreaterThan(4 * model.budget.passTokens);
  const expected = await greedy(model, 'ROMEO:', 6);
  const reason = new Error('enough');
  for (const after of [1, 3]) {
    const controller = new AbortController();
    let told = 0;
    model.resetStats();
    const onPrefill = () => {
      if (++told === after) controller.abort(reason);
    };
    // Another beginning, so that no session holds the prompt.
    const ids = [after, ...prompt];
    const reading = model.generate(ids, { maxTokens: 1, onPrefill, signal: controller.signal }).next();
    await expect(reading).rejects.toBe(reason);
    expect([model.stats().passes, told]).toEqual([after, after]);
    expect(await greedy(model, 'ROMEO:', 6)).toEqual(expected);
  }
});

it('an abort in the middle of a pass stops the pass within a batch, and the next text is right', async () => {
  const inner = await cpu({ threads: 1 });
  let submissions = 0;
  let onSubmit: () => void = () => {};
  const backend: Backend = {
    ...inner,
    get bytes() {
      return inner.bytes;
    },
    submit(...given) {
      submissions++;
      onSubmit();
      return inner.submit(...given);
    },
  };
  await using model = await loadDemo({ context, memory, backend });
  const prompt = longPrompt(model);
  const { batchTokens, passTokens } = model.budget;
  const layers = model.config.layers.length;
  expect(passTokens / batchTokens).toBe(11);
  const expected = await greedy(model, 'ROMEO:', 6);
  // A pass has a submission for each batch and layer.
  for (const at of [1, 20, 11 * layers + 30]) {
    const controller = new AbortController();
    const reason = new Error(`stop at ${at}`);
    submissions = 0;
    onSubmit = () => {
      if (submissions === at) controller.abort(reason);
    };
    const reading = model.generate([at, ...prompt], { maxTokens: 1, signal: controller.signal }).next();
    await expect(reading).rejects.toBe(reason);
    expect(submissions - at).toBeLessThanOrEqual(layers);
    onSubmit = () => {};
    expect(await greedy(model, 'ROMEO:', 6)).toEqual(expected);
  }
  await backend.dispose();
});
