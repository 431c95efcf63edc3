// Log probabilities: natural logarithms of the softmax of the model's logits, with each token.
import { describe, expect, it } from 'vitest';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import { logprobsOf, type TokenLogprobs } from '../src/generation/logprobs.ts';
import { promptLookup } from '../src/generation/speculation/index.ts';
import type { Model } from '../src/model.ts';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const prompt = 'ROMEO:\nI will go, I will go';

async function run(model: Model, options: GenerateOptions) {
  const ids: number[] = [];
  const logprobs: (TokenLogprobs | undefined)[] = [];
  for await (const part of model.generate(prompt, { maxTokens: 16, ...options })) {
    if (part.tokenId === undefined) {
      expect(part).not.toHaveProperty('logprobs');
      continue;
    }
    ids.push(part.tokenId);
    logprobs.push(part.logprobs);
  }
  return { ids, logprobs };
}

/** Natural logarithms of the softmax. */
function logSoftmax(logits: Float32Array): Float64Array {
  const best = logits.reduce((most, logit) => Math.max(most, logit));
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - best), 0);
  return Float64Array.from(logits, (logit) => logit - best - Math.log(total));
}

describe('logprobs', () => {
  it.each<GenerateOptions>([
    { temperature: 0 },
    { temperature: 1.4, seed: 2, repeatPenalty: 1.3, topK: 5 },
    { mirostat: 2, seed: 2 },
  ])('%j: the chosen token and the likeliest, from the logits as the model gives them', async (options) => {
    await using model = await loadDemo();
    const { ids, logprobs } = await run(model, { ...options, logprobs: 3 });
    const promptIds = [...model.tokenizer.encode(prompt)];
    const expected: Float64Array[] = [];
    await model.eachLogits([...promptIds, ...ids], promptIds.length - 1, (logits) =>
      expected.push(logSoftmax(logits)),
    );
    for (const [at, id] of ids.entries()) {
      const all = expected[at] ?? new Float64Array();
      const order = [...all.keys()].toSorted((a, b) => (all[b] ?? 0) - (all[a] ?? 0));
      expect(logprobs[at]?.id).toBe(id);
      expect(logprobs[at]?.logprob).toBeCloseTo(all[id] ?? 0, 5);
      expect(logprobs[at]?.top.map((one) => one.id)).toEqual(order.slice(0, 3));
      for (const one of logprobs[at]?.top ?? []) {
        expect(one.logprob).toBeCloseTo(all[one.id] ?? 0, 5);
        expect(one.text).toBe(model.tokenizer.decode([one.id], { special: true }));
        expect(new TextDecoder().decode(one.bytes)).toBe(one.text);
      }
    }
  });

  it('the tokens are the same with and without log probabilities', async () => {
    await using model = await loadDemo();
    for (const options of [{ temperature: 0 }, { seed: 4 }, { seed: 4, topK: 0, minP: 0 }]) {
      const { ids, logprobs } = await run(model, options);
      expect(logprobs.every((one) => one === undefined)).toBe(true);
      expect((await run(model, { ...options, logprobs: 2 })).ids).toEqual(ids);
    }
  });

  it('speculation, several sessions and streamed weights give the same log probabilities', async () => {
    await using alone = await loadDemo();
    const options = { temperature: 0, logprobs: 2, maxTokens: 24 };
    const expected = await run(alone, options);
    expect(await run(alone, { ...options, speculate: promptLookup({ tokens: 4 }) })).toEqual(expected);
    await using model = await loadDemo({ sessions: 2, context: 64, memory: THREE_LAYERS });
    const [first, second, third] = await Promise.all([
      run(model, options),
      run(model, { ...options, logprobs: 0 }),
      greedy(model, prompt, 24),
    ]);
    expect(first).toEqual(expected);
    expect(second.logprobs).toEqual(expected.logprobs.map((one) => ({ ...one, top: [] })));
    expect([second.ids, third]).toEqual([expected.ids, expected.ids]);
  });

  it('0 gives the chosen token alone; more tokens than there are give all', async () => {
    await using model = await loadDemo();
    const { logprobs } = await run(model, { temperature: 0, maxTokens: 1, logprobs: 1_000_000 });
    expect(logprobs[0]?.top).toHaveLength(model.tokenizer.vocabularySize);
    const sum = logprobs[0]?.top.reduce((total, { logprob }) => total + Math.exp(logprob), 0);
    expect(sum).toBeCloseTo(1, 6);
    expect((await run(model, { temperature: 0, maxTokens: 1, logprobs: 0 })).logprobs[0]?.top).toEqual([]);
  });

  it.each([-1, 1.5, '3', true, Number.NaN])('%s is refused', async (logprobs) => {
    await using model = await loadDemo();
    const options = { logprobs } as GenerateOptions;
    await expect(model.generate(prompt, options).next()).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      details: { option: 'logprobs' },
    });
  });

  it('bytes that are part of a character are given as they are; a padded id has none', () => {
    const tokenizer = { tokenBytes: (id: number) => (id === 0 ? Uint8Array.of(0xf0, 0x9f) : undefined) };
    const { text, bytes, top } = logprobsOf(Float32Array.of(0, 0, -Infinity), 0, 3, tokenizer);
    expect([text, [...bytes]]).toEqual(['\uFFFD', [0xf0, 0x9f]]);
    expect(top.map((one) => [one.id, one.text, one.logprob])).toEqual([
      [0, '\uFFFD', -Math.log(2)],
      [1, '', -Math.log(2)],
    ]);
  });
});
