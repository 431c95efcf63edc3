// A backend that loses its device in the middle of a token, as a GPU can: the model goes on, with the same text.
import { describe, expect, it } from 'vitest';
import { promptLookup } from '../src/generation/speculation/index.ts';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';
import { losable } from './support/losable.ts';

describe('76-78: a device that is lost', () => {
  const prompt = 'First Citizen:\nBefore we';
  const steps = 12;

  for (const memory of ['auto', THREE_LAYERS] as const) {
    it(`in mid-token, with ${memory} memory: the same text, the prompt being read again`, async () => {
      await using whole = await loadDemo();
      const expected = await greedy(whole, prompt, steps);
      // In the prompt, in the middle of the text, and at its last token.
      for (const lostAt of [3, 50, 9 * steps]) {
        await using model = await loadDemo({ backend: losable(lostAt, 1), memory });
        expect(await greedy(model, prompt, steps)).toEqual(expected);
        expect(await greedy(model, prompt, steps)).toEqual(expected);
      }
    });
  }

  it('in a pass that several texts share: the same text for each, speculating or not', async () => {
    await using whole = await loadDemo();
    const prompts = [prompt, 'ROMEO:\nO, O, O, O', 'KING'];
    const expected = [];
    for (const one of prompts) expected.push(await greedy(whole, one, steps));
    for (const lostAt of [2, 12, 60]) {
      for (const speculate of [undefined, promptLookup({ tokens: 3 })]) {
        await using model = await loadDemo({ backend: losable(lostAt, 1), sessions: 3 });
        const run = async (one: string) => {
          for await (const { summary } of model.generate(one, {
            maxTokens: steps,
            temperature: 0,
            speculate,
          }))
            if (summary) return summary.tokenIds;
          return [];
        };
        expect(await Promise.all(prompts.map(run))).toEqual(expected);
      }
    }
  });

  it('takes what other texts had read with it', async () => {
    await using whole = await loadDemo();
    const ids = [...whole.tokenizer.encode(prompt)];
    const answer = await greedy(whole, ids, steps);
    const expected = await greedy(whole, [...ids, ...answer, ...ids], steps);
    await using model = await loadDemo({ backend: losable(9 * (steps + 2), 1), sessions: 2 });
    expect(await greedy(model, ids, steps)).toEqual(answer);
    await greedy(model, 'KING', steps);
    expect(await greedy(model, [...ids, ...answer, ...ids], steps)).toEqual(expected);
  });

  it('for good: the error, at once and at the next request, and the model can be disposed of', async () => {
    const model = await loadDemo({ backend: losable(20, 0) });
    for (let request = 0; request < 2; request++)
      await expect(greedy(model, prompt, steps)).rejects.toMatchObject({ code: 'BACKEND_FAILED' });
    await model.dispose();
  });

  it('while logits are told one by one: each is told once, and is the same', async () => {
    await using whole = await loadDemo();
    const ids = [...whole.tokenizer.encode(prompt)];
    const best = async (model: typeof whole) => {
      const told: [number, number][] = [];
      await model.eachLogits(ids, 1, (logits, token) =>
        told.push([token, logits.indexOf(Math.max(...logits))]),
      );
      return told;
    };
    const expected = await best(whole);
    expect(expected).toHaveLength(ids.length - 1);
    await using model = await loadDemo({ backend: losable(9, 1) });
    expect(await best(model)).toEqual(expected);
  });
});
