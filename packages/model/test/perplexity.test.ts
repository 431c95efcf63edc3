// 54: a text of megabytes is encoded in steps, between which other tasks run and an abort takes effect.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Model } from '../src/model.ts';
import { perplexity } from '../src/generation/perplexity.ts';
import { loadDemo } from './support/demo.ts';

/** 1.6 million characters, a hundred steps of the tokenizer. */
const long = 'But, soft! what light through yonder window breaks? '.repeat(31_000);
const STEPS = 90;

let model: Model;
beforeAll(async () => {
  model = await loadDemo();
});
afterAll(() => model.dispose());

/** Counts the turns of the event loop until it is stopped. */
function countTurns(): { turns: number; stop(): void } {
  let immediate: NodeJS.Immediate;
  const counter = { turns: 0, stop: () => clearImmediate(immediate) };
  const next = () => {
    immediate = setImmediate(() => {
      counter.turns++;
      next();
    });
  };
  next();
  return counter;
}

it('other tasks run while a long text is encoded, before the first window', async () => {
  const counter = countTurns();
  const enough = new Error('enough');
  const stopping: Model = {
    ...model,
    eachLogits() {
      counter.stop();
      throw enough;
    },
  };
  await expect(perplexity(stopping, long)).rejects.toBe(enough);
  expect(counter.turns).toBeGreaterThan(STEPS);
});

it('an abort while a long text is encoded rejects with its reason, and no window is run', async () => {
  const controller = new AbortController();
  const running = perplexity(model, long, { signal: controller.signal });
  setImmediate(() => setImmediate(() => controller.abort(new Error('no longer'))));
  await expect(running).rejects.toThrow('no longer');
  expect(model.stats()).toMatchObject({ passes: 0, accesses: 0 });
});

it('the windows are those of the whole text, each beginning with the token that begins a text', async () => {
  const text = 'ROMEO:\nBut, soft! what light through yonder window breaks?\n'.repeat(3);
  const ids = [...model.tokenizer.encode(text)];
  const windows: (readonly number[])[] = [];
  const noting: Model = {
    ...model,
    eachLogits: (part, ...others) => {
      windows.push(part);
      return model.eachLogits(part, ...others);
    },
  };
  const { tokens } = await perplexity(noting, text, { windowTokens: 16 });
  expect(windows).toEqual(
    Array.from({ length: Math.floor(ids.length / 16) }, (_, window) => [
      model.tokenizer.bosId,
      ...ids.slice(window * 16 + 1, (window + 1) * 16),
    ]),
  );
  expect(tokens).toBe(windows.length * 7);
});
