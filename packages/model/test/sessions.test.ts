// Several texts at once: the tokens of each run alone, from as many passes over the weights as one of them needs.
import { RondoError } from '@rondo/errors';
import { hookedSource } from '@rondo/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GenerateOptions } from '../src/generation/generate-options.ts';
import { loadModel } from '../src/load-model.ts';
import type { Model } from '../src/model.ts';
import { CONTEXT, demoSource, greedy, loadDemo } from './support/demo.ts';

const steps = 20;
/** Room for the caches of four sessions and some of the layers. */
const STREAMED = '6MB';
const texts = [
  'ROMEO:',
  'First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:',
  'JULIET:\nO Romeo, Romeo! wherefore art thou Romeo? Deny thy father and refuse thy name',
  'KING RICHARD:\nNow',
];
const choices: Record<string, GenerateOptions> = {
  greedy: { maxTokens: steps, temperature: 0 },
  seeded: { maxTokens: steps, temperature: 1, seed: 7 },
  'seeded, from a few': { maxTokens: steps, temperature: 2, seed: 7, topK: 3, minP: 0, topP: 1 },
  'seeded, with penalties': { maxTokens: steps, seed: 11, repeatPenalty: 1.3 },
};

async function idsOf(model: Model, text: string, options: GenerateOptions | undefined): Promise<number[]> {
  const ids: number[] = [];
  for await (const { tokenId } of model.generate(text, options)) if (tokenId !== undefined) ids.push(tokenId);
  return ids;
}

const alone: Record<string, number[][]> = {};
let accessesAlone = 0;
beforeAll(async () => {
  for (const [name, options] of Object.entries(choices)) {
    await using model = await loadDemo();
    const runs: number[][] = [];
    for (const text of texts) runs.push(await idsOf(model, text, options));
    alone[name] = runs;
    accessesAlone = model.stats().accesses;
  }
  expect(accessesAlone).toBeGreaterThanOrEqual(texts.length * steps * 9);
});

describe.each([
  { name: 'resident', memory: 'auto' },
  { name: 'streamed', memory: STREAMED },
] as const)('four at once, $name', ({ name, memory }) => {
  it.each(Object.keys(choices))(
    '%s: the tokens of separate runs, in a quarter of the passes',
    async (how) => {
      await using model = await loadDemo({ memory, sessions: 4, grain: 'layer' });
      expect(model.streams).toBe(name === 'streamed');
      const runs = await Promise.all(texts.map((text) => idsOf(model, text, choices[how])));
      expect(runs).toEqual(alone[how]);
      const { accesses, hits, lateHits, misses } = model.stats();
      expect(hits + lateHits + misses).toBe(accesses);
      const promptTokens = texts.flatMap((text) => [...model.tokenizer.encode(text)]).length;
      const promptPasses = Math.ceil(promptTokens / model.budget.batchTokens);
      expect(accesses).toBeLessThanOrEqual((steps + promptPasses) * 9);
    },
  );

  it('with different choices, beginning one after the other, more of them than there are sessions', async () => {
    await using model = await loadDemo({ memory, sessions: 4 });
    const running: Promise<[string, number[][]]>[] = [];
    for (const [how, options] of Object.entries(choices)) {
      const runs = Promise.all(texts.map((text) => idsOf(model, text, options)));
      running.push(runs.then((ids) => [how, ids]));
      await idsOf(model, 'Once', { maxTokens: 3 });
    }
    expect(Object.fromEntries(await Promise.all(running))).toEqual(alone);
  });
});

describe('one of four', () => {
  it('is aborted: it ends with its reason, and the others go on as if it had not been', async () => {
    let onRead = () => {};
    const source = hookedSource(await demoSource(), () => onRead());
    await using model = await loadModel(source, { context: CONTEXT, memory: STREAMED, sessions: 4 });
    for (const at of [0, 7, 60]) {
      const controller = new AbortController();
      const reason = new Error(`stop at ${at}`);
      let reads = 0;
      onRead = () => {
        if (reads++ === at) controller.abort(reason);
      };
      const outcomes = await Promise.allSettled(
        texts.map((text, index) => {
          const signal = index === 1 ? controller.signal : undefined;
          return idsOf(model, text, { ...choices['greedy'], signal });
        }),
      );
      const expected = alone['greedy']?.map((value) => ({ status: 'fulfilled', value })) ?? [];
      expect(outcomes).toEqual(expected.with(1, { status: 'rejected', reason } as never));
    }
    onRead = () => {};
    expect(await greedy(model, texts[1] ?? '', steps)).toEqual(alone['greedy']?.[1]);
  });

  it('fails by itself, in a callback or for what it asked: the others go on', async () => {
    await using model = await loadDemo({ sessions: 4 });
    const error = new Error('callback');
    const throws = () => {
      throw error;
    };
    const outcomes = await Promise.allSettled([
      idsOf(model, texts[0] ?? '', choices['greedy']),
      idsOf(model, texts[1] ?? '', { ...choices['greedy'], onPrefill: throws }),
      greedy(model, [5, model.config.vocabularySize], 3),
      model.eachLogits([1, 2, 3], 0, throws),
      model.eachLogits([1, 2, 3], Number.NaN, throws),
      idsOf(model, texts[3] ?? '', choices['greedy']),
    ]);
    expect(outcomes).toMatchObject([
      { value: alone['greedy']?.[0] },
      { reason: error },
      { reason: { code: 'BAD_ARGUMENT', details: { id: model.config.vocabularySize } } },
      { reason: error },
      { reason: { code: 'BAD_ARGUMENT' } },
      { value: alone['greedy']?.[3] },
    ]);
  });

  it('is not continued by its reader: the others do not wait for it', async () => {
    await using model = await loadDemo({ sessions: 4 });
    const idle = model.generate(texts[1] ?? '', choices['greedy']);
    await idle.next();
    const runs = await Promise.all(
      [0, 2, 3].map((index) => idsOf(model, texts[index] ?? '', choices['greedy'])),
    );
    expect(runs).toEqual([0, 2, 3].map((index) => alone['greedy']?.[index]));
    const rest: number[] = [];
    for await (const { tokenId } of idle) if (tokenId !== undefined) rest.push(tokenId);
    expect(rest).toEqual(alone['greedy']?.[1]?.slice(1));
  });
});

it('a read error ends all that are in the pass, with that error; the next requests work', async () => {
  let fail = false;
  const failure = new RondoError('READ_FAILED', 'The disk is gone.');
  const source = hookedSource(await demoSource(), () => {
    if (fail) throw failure;
  });
  await using model = await loadModel(source, { context: CONTEXT, memory: STREAMED, sessions: 4 });
  const generations = texts.map((text) => model.generate(text, choices['greedy']));
  await Promise.all(generations.map((one) => one.next()));
  fail = true;
  const outcomes = await Promise.allSettled(generations.map((one) => one.next()));
  expect(outcomes.map((one) => one.status === 'rejected' && one.reason)).toEqual(texts.map(() => failure));
  fail = false;
  expect(await Promise.all(texts.map((text) => greedy(model, text, steps)))).toEqual(alone['greedy']);
});

it('conversations that alternate each go on where they were', async () => {
  await using model = await loadDemo({ sessions: 2 });
  const held = texts.slice(0, 2).map((text) => [...model.tokenizer.encode(text)]);
  for (let turn = 0; turn < 3; turn++) {
    for (const [index, ids] of held.entries()) {
      let read = 0;
      const onPrefill = (_: number, ofTokens: number) => (read = ofTokens);
      for await (const { tokenId } of model.generate(ids, { maxTokens: 4, temperature: 0, onPrefill }))
        if (tokenId !== undefined) ids.push(tokenId);
      // The last token of an answer has not been read by the model yet.
      expect(read).toBe(turn === 0 ? [...model.tokenizer.encode(texts[index] ?? '')].length : 1);
    }
  }
});

describe('the memory of sessions', () => {
  it('is that many caches, and counts in the budget', async () => {
    await using one = await loadDemo({ memory: STREAMED });
    await using four = await loadDemo({ memory: STREAMED, sessions: 4 });
    expect(four.budget).toMatchObject({ sessions: 4, kvCacheBytes: 4 * one.budget.kvCacheBytes });
    const { kvCacheBytes, activationBytes, weightBytes, totalBytes } = four.budget;
    expect(kvCacheBytes + activationBytes + weightBytes).toBeLessThanOrEqual(totalBytes);
  });

  it('that is not there is refused, and so is no number of sessions', async () => {
    const error = await loadDemo({ memory: STREAMED, sessions: 64 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BUDGET_TOO_SMALL', details: { sessions: 64 } });
    expect(String(error)).toContain('in each of 64 sessions');
    for (const sessions of [0, 1.5, Number.NaN])
      await expect(loadDemo({ sessions })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });
});
