// 45, literally: the shape of tinyllama-1.1b with 2 layers, loaded in 24 MiB, with a budget that grows to 300 MiB. The first
// pass then has many segments on their way at once; whatever ends it, nothing waits for ever.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { memory } from '@rondo/source';
import { hookedSource } from '@rondo/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { settles } from './support/settles.ts';

const prompt = [5, 7, 8];
let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await encodeGguf(synthesize({ ...synthShapes['tinyllama-1.1b'], layers: 2 }, { dtype: 'Q4_0' }));
}, 300_000);

/** The model with a grown budget. `onRead` is called before each read of its passes. */
async function grownModel(onRead: (index: number) => void | Promise<void>) {
  let first = Infinity;
  const source = hookedSource(memory(bytes), ({ index }) => {
    if (index >= first) return onRead(index - first);
    next = index + 1;
  });
  let next = 0;
  // On the caller's thread, turns of the event loop are all that anything waits for.
  const model = await loadModel(source, { memory: '24MiB', backend: cpu({ threads: 0 }) });
  await model.setMemoryBudget('300MiB');
  first = next;
  return model;
}

const firstToken = (model: Awaited<ReturnType<typeof grownModel>>, signal?: AbortSignal) =>
  model.generate(prompt, { maxTokens: 1, temperature: 0, signal }).next();

/** How many reads the first pass has. */
async function countReads(): Promise<number> {
  let reads = 0;
  await using model = await grownModel(() => void reads++);
  await firstToken(model);
  return reads;
}

describe('the first pass after the budget grew to hold all weights', () => {
  it.each(['an abort', 'a read error', 'an abort while the other reads are held back'])(
    '%s at any of its reads: a smaller budget and dispose settle',
    async (ending) => {
      const reads = await countReads();
      expect(reads).toBeGreaterThan(8);
      /** Most reads that had begun when the pass ended; none of them has come where they are held back. */
      let most = 0;
      for (const at of [0, 2, 3, 5, 9, reads - 2, reads - 1]) {
        let begun = 0;
        const controller = new AbortController();
        const held = Promise.withResolvers<void>();
        const model = await grownModel((index) => {
          most = Math.max(most, ++begun);
          if (index === at) {
            if (ending === 'a read error') throw new Error('thrown');
            controller.abort(new Error('aborted'));
          }
          // The rows of the embedding come one after the other; the segments behind them come together.
          return ending.endsWith('held back') && index >= prompt.length ? held.promise : undefined;
        });
        expect(model.streams).toBe(false);
        const running = firstToken(model, controller.signal);
        if (ending.endsWith('held back')) {
          // All reads that come at once are under way by then; a pass that has fewer of them never comes to `at`.
          await settles(running, 200);
          controller.abort(new Error('aborted'));
        }
        held.resolve();
        const where = `read ${at} of ${reads}`;
        await expect(running, where).rejects.toThrow(/^(aborted|thrown)$/);
        expect(await settles(model.setMemoryBudget('24MiB')), `${where}: a smaller budget`).toBe(true);
        expect(await settles(model.dispose()), `${where}: dispose`).toBe(true);
      }
      expect(most).toBeGreaterThan(4);
    },
  );

  it('after an abort in the middle of it, the next request gives the tokens of a model that was not aborted', async () => {
    const controller = new AbortController();
    await using untouched = await grownModel(() => {});
    const { value: expected } = await firstToken(untouched);
    await using model = await grownModel((index) => {
      if (index === 4) controller.abort(new Error('aborted'));
    });
    await expect(firstToken(model, controller.signal)).rejects.toThrow('aborted');
    const { value } = await firstToken(model);
    expect(value?.tokenId).toBe(expected?.tokenId);
  });
});
