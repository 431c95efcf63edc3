// Generating under a constraint, with the demo model: the seam at which a grammar forbids tokens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUndoList } from '../src/common/undo-list.ts';
import { openEngine, type Engine } from '../src/engine/open-engine.ts';
import type { TokenConstraint } from '../src/generation/constraints/token-constraint.ts';
import { generate } from '../src/generation/generate.ts';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import type { GenerationSummary } from '../src/generation/generation-part.ts';
import { promptLookup, type SpeculationStrategy } from '../src/generation/speculation/index.ts';
import { parityConstraint, type ParityConstraint } from '../src/generation/test-support/parity-constraint.ts';
import { preload } from '../src/weights/preload.ts';
import { demoPath } from './support/demo.ts';

const undo = createUndoList();
let engine: Engine;
let prompt: readonly number[];
beforeAll(async () => {
  engine = await openEngine(demoPath, { context: 128, sessions: 2 }, undo);
  await preload(engine.residency, {});
  prompt = [...engine.tokenizer.encode('ROMEO:')];
});
afterAll(() => undo.run());

/** Generates under a constraint. */
async function run(options: GenerateOptions, constrain?: () => TokenConstraint) {
  const { sessions, tokenizer, memory, config } = engine;
  const { contextTokens, batchTokens } = memory.budget;
  const { vocabularySize } = config;
  const sizes = { contextTokens, batchTokens, vocabularySize, hiddenWidth: undefined };
  const ids: number[] = [];
  let summary: GenerationSummary | undefined;
  for await (const part of generate({ sessions, tokenizer, ...sizes, constrain }, prompt, options)) {
    if (part.tokenId !== undefined) ids.push(part.tokenId);
    summary = part.summary;
  }
  return { ids, summary };
}

const constraint = (canAllow = false): ParityConstraint =>
  parityConstraint(engine.config.vocabularySize, canAllow);

/** Proposes what it is given, one list after another. */
const proposing =
  (propose: (ids: readonly number[]) => readonly number[]): SpeculationStrategy =>
  () => ({
    tokens: 4,
    msPerToken: 0,
    propose: async (ids, most) => ({ ids: propose(ids).slice(0, most), evidence: 1 }),
  });

describe('a constraint', () => {
  it.each([{ temperature: 0 }, { temperature: 1, seed: 3 }, { seed: 5, repeatPenalty: 1.2 }])(
    '%j: each token is allowed, and the constraint learns each token',
    async (options) => {
      const parity = constraint();
      const { ids } = await run({ ...options, maxTokens: 24 }, () => parity);
      expect(ids).toHaveLength(24);
      expect(ids.map((id) => id % 2)).toEqual(ids.map((_, index) => index % 2));
      expect(parity.accepted).toEqual(ids);
      const { ids: free } = await run({ ...options, maxTokens: 24 });
      expect(ids).not.toEqual(free);
    },
  );

  it('greedy tokens are the same whether the constraint answers for one token or by masks', async () => {
    const options = { temperature: 0, maxTokens: 24 };
    const [byMask, byToken] = [constraint(), constraint(true)];
    const { ids } = await run(options, () => byMask);
    expect((await run(options, () => byToken)).ids).toEqual(ids);
    expect(byMask.masks).toBeGreaterThanOrEqual(24);
    expect(byToken.masks).toBeLessThan(24);
  });

  it.each([{ temperature: 0 }, { temperature: 1, seed: 3 }])(
    '%j: speculation gives the same text; forbidden proposals are not verified, and all proposals are taken back',
    async (options) => {
      const { ids } = await run({ ...options, maxTokens: 24 }, () => constraint());
      const wrong = proposing((text) => [text.length - prompt.length, 8, 9, 10]);
      const right = proposing((text) => ids.slice(text.length - prompt.length));
      for (const speculate of [wrong, right, promptLookup({ tokens: 3 })]) {
        const parity = constraint();
        const { ids: same, summary } = await run({ ...options, maxTokens: 24, speculate }, () => parity);
        expect(same).toEqual(ids);
        expect(parity.accepted).toEqual(ids);
        expect(parity.takenBack).toBe(summary?.speculation?.proposed);
        if (speculate === right) expect(summary?.speculation?.passes).toBeLessThan(10);
      }
    },
  );

  it('proposals that are all forbidden are not verified at all', async () => {
    const speculate = proposing((text) => [text.length - prompt.length + 1]);
    const { summary } = await run({ temperature: 0, maxTokens: 8, speculate }, () => constraint());
    expect(summary?.speculation).toMatchObject({ proposed: 0, passes: 8 });
  });

  it('texts that share passes are constrained each by itself', async () => {
    const options = { temperature: 1, maxTokens: 16 };
    const alone = await run({ ...options, seed: 1 }, () => constraint());
    const free = await run({ ...options, seed: 2 });
    const [first, second] = await Promise.all([
      run({ ...options, seed: 1 }, () => constraint()),
      run({ ...options, seed: 2 }),
    ]);
    expect([first.ids, second.ids]).toEqual([alone.ids, free.ids]);
  });

  it('an abort ends the text, and the next text has a constraint of its own', async () => {
    const made: ParityConstraint[] = [];
    const constrain = () => {
      const parity = constraint();
      made.push(parity);
      return parity;
    };
    const { ids } = await run({ temperature: 0, maxTokens: 8 }, constrain);
    const controller = new AbortController();
    const reason = new Error('enough');
    const abortAfterFour = proposing((text) => {
      if (text.length - prompt.length === 4) controller.abort(reason);
      return [];
    });
    const aborted = run(
      { temperature: 0, maxTokens: 8, signal: controller.signal, speculate: abortAfterFour },
      constrain,
    );
    await expect(aborted).rejects.toBe(reason);
    expect(made[1]?.accepted).toEqual(ids.slice(0, 4));
    expect((await run({ temperature: 0, maxTokens: 8 }, constrain)).ids).toEqual(ids);
    expect(made).toHaveLength(3);
  });

  it('an error of the constraint ends the text, and the session is free', async () => {
    const failing = (): TokenConstraint => ({
      ...constraint(),
      mask() {
        throw new Error('bad grammar');
      },
    });
    for (let time = 0; time < 3; time++)
      await expect(run({ maxTokens: 4 }, failing)).rejects.toThrow('bad grammar');
    expect((await run({ temperature: 0, maxTokens: 4 })).ids).toHaveLength(4);
  });

  it('log probabilities are those of the model, whatever the constraint forbids', async () => {
    const { sessions, tokenizer, memory, config } = engine;
    const { contextTokens, batchTokens } = memory.budget;
    const context = {
      sessions,
      tokenizer,
      contextTokens,
      batchTokens,
      vocabularySize: config.vocabularySize,
      hiddenWidth: undefined,
      constrain: () => constraint(),
    };
    let forbidden = 0;
    for await (const { logprobs } of generate(context, prompt, {
      temperature: 0,
      maxTokens: 12,
      logprobs: 1,
    })) {
      const [best] = logprobs?.top ?? [];
      if (best && logprobs && best.id !== logprobs.id) {
        expect(best.logprob).toBeGreaterThan(logprobs.logprob);
        forbidden++;
      }
    }
    expect(forbidden).toBeGreaterThan(0);
  });
});
