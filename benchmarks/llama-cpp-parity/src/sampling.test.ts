// The distribution from which our sampler draws, compared with the distribution that llama.cpp's samplers leave on the same logits.
import { loadModel, type Model, type SamplerOptions } from '@rondo/model';
import { createSampler } from '@rondo/model/sampling';
import { demoModelPath } from '@rondo/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  openSampling,
  type Distribution,
  type LlamaCppSamplers,
  type LlamaCppSampling,
} from './llama-cpp-sampling.ts';

const prompt = 'ROMEO:\nI will, I will, and you will, and I will not; you will, I';
const DRAWS = 4000;

let llamaCpp: LlamaCppSampling;
let model: Model;
let promptIds: readonly number[];

beforeAll(async () => {
  const path = demoModelPath('f32');
  model = await loadModel(path, { context: 256 });
  promptIds = [...model.tokenizer.encode(prompt)];
  llamaCpp = await openSampling(path);
});
afterAll(async () => {
  await llamaCpp[Symbol.asyncDispose]();
  await model.dispose();
});

const all = { temperature: 1, topK: 0, topP: 1, minP: 0 };

/** Draws from `logits` after the accepted tokens, and compares the counts with the expected distribution. */
function expectDraws(
  logits: Float32Array,
  accepted: readonly number[],
  options: SamplerOptions,
  expected: Distribution,
): void {
  const sampler = createSampler({ ...options, seed: 1 }, model.tokenizer);
  for (const id of accepted) sampler.accept(id);
  const counts = new Map<number, number>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const id = sampler.sample(logits);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  expect([...counts.keys()].filter((id) => !expected.has(id))).toEqual([]);
  // Pearson's chi-square of the tokens that are expected at least five times; the others together are one class.
  const likely = [...expected].filter(([, probability]) => probability * DRAWS >= 5);
  const rest = DRAWS * (1 - likely.reduce((sum, [, probability]) => sum + probability, 0));
  const restCount = DRAWS - likely.reduce((sum, [id]) => sum + (counts.get(id) ?? 0), 0);
  let chiSquare = rest < 1 ? 0 : (restCount - rest) ** 2 / rest;
  for (const [id, probability] of likely)
    chiSquare += ((counts.get(id) ?? 0) - probability * DRAWS) ** 2 / (probability * DRAWS);
  // The mean of chi-square is the degrees of freedom, its variance twice that; the seed is fixed.
  expect(chiSquare).toBeLessThan(likely.length + 5 * Math.sqrt(2 * likely.length));
}

it.each<[string, LlamaCppSamplers, SamplerOptions]>([
  ['the defaults', { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 }, {}],
  ['a temperature', { ...all, temperature: 1.7 }, { ...all, temperature: 1.7 }],
  ['top-k', { ...all, topK: 7 }, { ...all, topK: 7 }],
  ['top-p', { ...all, topP: 0.6 }, { ...all, topP: 0.6 }],
  ['min-p', { ...all, minP: 0.2 }, { ...all, minP: 0.2 }],
  [
    'the repetition penalty',
    { ...all, repeatPenalty: { penalty: 1.5, frequencyPenalty: 0, presencePenalty: 0, lastTokens: 12 } },
    { ...all, repeatPenalty: 1.5, repeatLastN: 12 },
  ],
  [
    'all penalties',
    { ...all, repeatPenalty: { penalty: 1.1, frequencyPenalty: 0.3, presencePenalty: 0.4, lastTokens: 12 } },
    { ...all, repeatPenalty: 1.1, frequencyPenalty: 0.3, presencePenalty: 0.4, repeatLastN: 12 },
  ],
  [
    'XTC that always takes out likely tokens',
    { ...all, topK: 30, xtc: { probability: 1, threshold: 0.05 } },
    { ...all, topK: 30, xtcProbability: 1, xtcThreshold: 0.05 },
  ],
  [
    'a logit bias',
    { ...all, topK: 20, biases: { 716: 3, 11: -2 } },
    { ...all, topK: 20, logitBias: { 716: 3, 11: -2 } },
  ],
  [
    'many steps at once',
    {
      temperature: 1.3,
      topK: 30,
      topP: 0.9,
      minP: 0.02,
      biases: { 11: -1 },
      repeatPenalty: { penalty: 1.2, frequencyPenalty: 0.1, presencePenalty: 0.1, lastTokens: 64 },
    },
    {
      temperature: 1.3,
      topK: 30,
      topP: 0.9,
      minP: 0.02,
      logitBias: { 11: -1 },
      repeatPenalty: 1.2,
      frequencyPenalty: 0.1,
      presencePenalty: 0.1,
    },
  ],
])("%s: draws come from llama.cpp's distribution", async (_, theirs, ours) => {
  const expected = await llamaCpp.distribution(promptIds, theirs);
  expect(expected.size).toBeGreaterThan(1);
  expectDraws(await llamaCpp.logits(promptIds), promptIds, ours, expected);
});

it.each([
  ['with the default sequence breakers', undefined],
  ['with a sequence breaker of several tokens', ['you, sir']],
  ['without sequence breakers', []],
])("DRY %s: each draw of a text comes from llama.cpp's distribution", async (_, sequenceBreakers) => {
  const plain = { temperature: 0.4, topK: 20, topP: 1, minP: 0, seed: 7 };
  const dryRepeatPenalty = { strength: 1, base: 1.5, allowedLength: 1, lastTokens: 32, sequenceBreakers };
  const begin = [...model.tokenizer.encode('ROMEO:')];
  const drawn = await llamaCpp.draw(begin, { ...plain, dryRepeatPenalty }, 24);
  let penalized = 0;
  for (const [step, { distribution }] of drawn.entries()) {
    const accepted = drawn.slice(0, step).map(({ id }) => id);
    const text = [...begin, ...accepted];
    const without = await llamaCpp.distribution(text, plain);
    if ([...without].some(([id, probability]) => Math.abs((distribution.get(id) ?? 0) - probability) > 1e-3))
      penalized++;
    const dry = { dryMultiplier: 1, dryBase: 1.5, dryAllowedLength: 1, dryPenaltyLastN: 32 };
    const options = { ...plain, ...dry, drySequenceBreakers: sequenceBreakers };
    expectDraws(await llamaCpp.logits(text), accepted, options, distribution);
  }
  expect(penalized).toBeGreaterThan(2);
});

it('log probabilities of the chosen and the likeliest tokens are those of llama.cpp, whatever the temperature', async () => {
  const text = [...promptIds];
  const options = { maxTokens: 6, logprobs: 4, temperature: 1.5, repeatPenalty: 1.3, seed: 4 };
  for await (const { tokenId, logprobs } of model.generate(promptIds, options)) {
    if (tokenId === undefined) continue;
    const expected = await llamaCpp.distribution(text, all);
    const best = [...expected].toSorted(([, a], [, b]) => b - a).slice(0, 4);
    expect(logprobs?.id).toBe(tokenId);
    expect(logprobs?.top.map(({ id }) => id)).toEqual(best.map(([id]) => id));
    for (const { id, logprob } of logprobs ? [logprobs, ...logprobs.top] : [])
      expect(logprob).toBeCloseTo(Math.log(expected.get(id) ?? 0), 3);
    text.push(tokenId);
  }
  expect(text).toHaveLength(promptIds.length + 6);
});
