// Speculation changes how many passes a text takes, never the text.
import { beforeAll, describe, expect, it } from 'vitest';
import type { GenerationSummary } from '../src/generation/generation-part.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import type { Model } from '../src/model.ts';
import { CONTEXT, loadDemo, THREE_LAYERS } from './support/demo.ts';
import { draftModel, promptLookup } from '../src/generation/speculation/index.ts';
import type { SpeculationStrategy } from '../src/generation/speculation/strategy.ts';

const steps = 32;
const repeating = 'All:\nSpeak, speak.\n\nFirst Citizen:\nYou are all resolved.\n\n'.repeat(3);
const choices: Record<string, GenerateOptions> = {
  greedy: { maxTokens: steps, temperature: 0 },
  seeded: { maxTokens: steps, temperature: 0.7, seed: 5 },
  'with penalties': { maxTokens: steps, temperature: 0.7, seed: 5, repeatPenalty: 1.2 },
};

let draft: Model;
let strategies: Record<string, SpeculationStrategy>;
let plain: Record<string, GenerationSummary> = {};

async function summaryOf(model: Model, options: GenerateOptions = {}, prompt = repeating) {
  for await (const { summary } of model.generate(prompt, options)) if (summary) return summary;
  throw new Error('The generation ended without a summary.');
}

beforeAll(async () => {
  draft = await loadDemo({ sessions: 4 });
  strategies = {
    'lookup, 6 at a time': promptLookup({ tokens: 6 }),
    'lookup, as many as pay': promptLookup(),
    'draft, 4 at a time': draftModel(draft, { tokens: 4 }),
    'draft, as many as pay': draftModel(draft),
  };
  await using model = await loadDemo();
  for (const [name, options] of Object.entries(choices)) plain[name] = await summaryOf(model, options);
  return () => draft.dispose();
});

describe.each([
  { name: 'resident', memory: 'auto' },
  { name: 'streamed', memory: THREE_LAYERS },
] as const)('$name', ({ memory }) => {
  it.each(Object.keys(choices))('%s: the same tokens, from fewer passes', async (how) => {
    for (const [name, speculate] of Object.entries(strategies)) {
      await using model = await loadDemo({ memory, grain: 'layer' });
      const { reason, tokenIds, promptTokenIds, speculation } = await summaryOf(model, {
        ...choices[how],
        speculate,
      });
      expect(tokenIds, name).toEqual(plain[how]?.tokenIds);
      expect(reason).toBe('length');
      const { proposed = -1, accepted = -1, passes = -1, tokensPerPass } = speculation ?? {};
      expect(proposed).toBeGreaterThanOrEqual(accepted);
      expect(passes + accepted).toBe(steps);
      expect(tokensPerPass).toBe(steps / passes);
      if (!name.includes('at a time')) continue;
      // Each layer is asked for once in a pass, and a prompt may take several; the output, for so many rows at once.
      const { passTokens, logitRows } = model.budget;
      const layers = (Math.ceil(promptTokenIds.length / passTokens) - 1 + passes) * 8;
      const { accesses } = model.stats();
      expect(accesses).toBeGreaterThanOrEqual(layers + passes);
      expect(accesses).toBeLessThanOrEqual(layers + passes * Math.ceil(7 / logitRows));
      if (how === 'greedy') expect(passes).toBeLessThan(steps * 0.7);
    }
  });
});

it('texts that share passes speculate each for itself', async () => {
  await using model = await loadDemo({ sessions: 4 });
  const runs = Object.values(choices).flatMap((options) =>
    Object.values(strategies).map((speculate) => summaryOf(model, { ...options, speculate })),
  );
  const expected = Object.keys(choices).flatMap((how) =>
    Object.keys(strategies).map(() => plain[how]?.tokenIds),
  );
  expect((await Promise.all(runs)).map(({ tokenIds }) => tokenIds)).toEqual(expected);
});

describe('a text that ends', () => {
  for (const how of ['lookup, 6 at a time', 'draft, 4 at a time']) {
    it(`because the context is full: at the same token, with ${how}`, async () => {
      await using model = await loadDemo();
      const options = { temperature: 0, speculate: strategies[how] };
      const { reason, tokenIds, promptTokenIds } = await summaryOf(model, options);
      expect(reason).toBe('context');
      expect(promptTokenIds.length + tokenIds.length).toBe(CONTEXT);
      expect(tokenIds).toEqual((await summaryOf(model, { temperature: 0 })).tokenIds);
    });

    it(`in the midst of what a pass verified: at the same letter, with ${how}`, async () => {
      await using model = await loadDemo();
      const whole = model.tokenizer.decode(plain['greedy']?.tokenIds ?? []);
      for (let at = 4; at < whole.length - 8; at += 5) {
        const options = { ...choices['greedy'], stop: [whole.slice(at, at + 4)] };
        const speculating = await summaryOf(model, { ...options, speculate: strategies[how] });
        const { reason, tokenIds } = await summaryOf(model, options);
        expect(speculating).toMatchObject({ reason, tokenIds });
      }
    });

    it(`after as many tokens as asked for, with ${how}`, async () => {
      await using model = await loadDemo();
      for (const maxTokens of [1, 2, 3, 7]) {
        const options = { maxTokens, temperature: 0, speculate: strategies[how] };
        const { tokenIds, speculation } = await summaryOf(model, options);
        expect(tokenIds).toEqual(plain['greedy']?.tokenIds.slice(0, maxTokens));
        expect(speculation?.proposed).toBeLessThan(maxTokens);
      }
    });
  }
});

describe('a draft model', () => {
  it('of another vocabulary is refused, and the token named', async () => {
    await using model = await loadDemo();
    const other = {
      ...draft.tokenizer,
      tokenText: (id: number) => (id === 77 ? 'x' : draft.tokenizer.tokenText(id)),
    };
    const stranger = { budget: draft.budget, generate: () => draft.generate(''), tokenizer: other };
    await expect(summaryOf(model, { speculate: draftModel(stranger) })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      details: { id: 77 },
    });
    const larger = { ...stranger, tokenizer: { ...other, vocabularySize: 9999 } };
    await expect(summaryOf(model, { speculate: draftModel(larger) })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      details: { draftTokens: 9999 },
    });
  });

  it('with a smaller context drafts as far as that goes', async () => {
    await using model = await loadDemo();
    await using small = await loadDemo({ context: model.tokenizer.encode(repeating).length + 9 });
    const options = { ...choices['greedy'], speculate: draftModel(small, { tokens: 4 }) };
    const { tokenIds, speculation } = await summaryOf(model, options);
    expect(tokenIds).toEqual(plain['greedy']?.tokenIds);
    expect(speculation?.accepted).toBeGreaterThan(0);
  });

  it('that fails fails the text, and only that one', async () => {
    await using model = await loadDemo();
    const gone = await loadDemo();
    const speculate = draftModel(gone, { tokens: 4 });
    await gone.dispose();
    const both = [summaryOf(model, { ...choices['greedy'], speculate }), summaryOf(model, choices['greedy'])];
    expect(await Promise.allSettled(both)).toMatchObject([
      { reason: { code: 'CLOSED' } },
      { value: { tokenIds: plain['greedy']?.tokenIds } },
    ]);
  });
});

it('no number of tokens to propose is refused', () => {
  for (const tokens of [0, 1.5, Number.NaN]) {
    const refused = expect.objectContaining({ code: 'BAD_ARGUMENT' });
    expect(() => promptLookup({ tokens })).toThrow(refused);
    expect(() => draftModel(draft, { tokens })).toThrow(refused);
  }
});
