// Who is in which pass, with passes that a test ends by hand.
import { RondoError } from '@rondo/errors';
import type { KvCache } from '@rondo/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSequenceState } from '../states/sequence-state.ts';
import { createPassCosts } from './pass-costs.ts';
import { createRequestQueue, type Place, type ReadRequest } from './request-queue.ts';
import { manualPassRunner, pass } from '../../test/support/manual-pass-runner.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp({
  batchTokens = 8,
  passTokens = 8,
  recover = undefined as (() => Promise<void>) | undefined,
} = {}) {
  const passes = manualPassRunner(passTokens);
  const queue = createRequestQueue({ passes, budget: { batchTokens }, costs: createPassCosts(), recover });
  const places: Place[] = [0, 1, 2, 3].map((capacity) => ({
    state: createSequenceState({ layers: [] }, { capacity } as KvCache),
    held: [],
  }));
  /** Runs a text of so many tokens in a place; those whose logits were told, and how it ended. */
  function run(index: number, tokens: number, more: Partial<ReadRequest> = {}) {
    const place = places[index];
    if (!place) throw new RangeError(`There is no place ${index}.`);
    const told: number[] = [];
    const ids = Array.from({ length: tokens }, (_, token) => 100 * index + token);
    const outcome = queue
      .run({ place, ids, from: tokens - 1, best: 1, onLogits: (_, token) => told.push(token), ...more })
      .then(
        () => 'done',
        (error: unknown) => error,
      );
    return { told, outcome };
  }
  return { passes, queue, places, run };
}

describe('a pass', () => {
  it('serves all who ask in the same turn, and gives nobody more than a share that another wants', async () => {
    const { passes, run } = setUp();
    const runs = [run(0, 20), run(1, 1), run(2, 3)];
    await pass();
    expect(passes.rows(0)?.toSorted()).toEqual([1, 3, 4]);
    await passes.end();
    expect(passes.rows(1)).toEqual([8]);
    await passes.end();
    await passes.end();
    expect(await Promise.all(runs.map(({ outcome }) => outcome))).toEqual(['done', 'done', 'done']);
    expect(runs.map(({ told }) => told)).toEqual([[19], [0], [2]]);
  });

  it('may have several batches for one who is alone', async () => {
    const { passes, run } = setUp({ passTokens: 24 });
    const long = run(0, 50);
    await pass();
    expect(passes.rows(0)).toEqual([24]);
    const short = run(1, 1);
    await passes.end();
    expect(passes.rows(1)?.toSorted()).toEqual([1, 7]);
    await passes.end();
    expect(await short.outcome).toBe('done');
    await pass(1000);
    expect(passes.rows(2)).toEqual([19]);
    await passes.end();
    expect(await long.outcome).toBe('done');
    expect(long.told).toEqual([49]);
  });

  it('that has no room for all serves those who waited longest', async () => {
    const { passes, run } = setUp({ batchTokens: 2, passTokens: 2 });
    for (const index of [0, 1, 2]) void run(index, 4);
    const served: number[] = [];
    for (let index = 0; index < 6; index++) {
      await (index === 0 ? pass() : passes.end());
      served.push(...(passes.passes[index]?.sequences ?? []).map(({ cache }) => cache.capacity));
    }
    expect(served).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('begins where a place already holds the text, but runs what logits are wanted of', async () => {
    const { passes, places, run } = setUp();
    void run(0, 5);
    await pass();
    await passes.end();
    expect(places[0]?.held).toEqual([0, 1, 2, 3, 4]);
    void run(0, 7);
    await pass();
    expect(passes.passes[1]?.sequences[0]).toMatchObject({ ids: [5, 6], position: 5, logitsFrom: 1 });
    await passes.end();
    const { told } = run(0, 7, { from: 2 });
    await pass();
    expect(passes.passes[2]?.sequences[0]).toMatchObject({ ids: [2, 3, 4, 5, 6], position: 2 });
    await passes.end();
    expect(told).toEqual([2, 3, 4, 5, 6]);
  });
});

describe('who leaves', () => {
  it('leaves at once where the pass goes on for others, and its place can be had', async () => {
    const { passes, queue, places, run } = setUp();
    const controller = new AbortController();
    const [leaving, staying] = [run(0, 2, { signal: controller.signal }), run(1, 2)];
    await pass(800);
    controller.abort('enough');
    expect(await leaving.outcome).toBe('enough');
    const next = run(0, 1);
    expect(passes.passes).toHaveLength(1);
    await passes.end();
    expect(await staying.outcome).toBe('done');
    expect(leaving.told).toEqual([]);
    // The next pass waits for the one who stayed, but not for the one who left.
    expect(passes.passes).toHaveLength(1);
    for (const place of places.slice(1)) queue.leave(place);
    await pass();
    // It does not build on what the pass wrote for the one who left.
    expect(passes.passes[1]?.sequences[0]).toMatchObject({ ids: [0], position: 0 });
    await passes.end();
    expect(await next.outcome).toBe('done');
    expect(places[0]?.held).toEqual([0]);
  });

  it('ends the pass where nobody else is in it', async () => {
    const { passes, run } = setUp();
    const controllers = [new AbortController(), new AbortController()];
    const runs = controllers.map(({ signal }, index) => run(index, 2, { signal }));
    await pass();
    for (const [index, controller] of controllers.entries()) controller.abort(`enough ${index}`);
    expect(await Promise.all(runs.map(({ outcome }) => outcome))).toEqual(['enough 0', 'enough 1']);
    expect(passes.passes[0]?.signal?.aborted).toBe(true);
  });

  it('before its pass has begun is in none', async () => {
    const { passes, run } = setUp();
    const controller = new AbortController();
    const first = run(0, 2);
    await pass();
    const second = run(1, 2, { signal: controller.signal });
    controller.abort('enough');
    expect(await second.outcome).toBe('enough');
    await passes.end();
    expect(await first.outcome).toBe('done');
    expect(passes.passes).toHaveLength(1);
  });
});

describe('a pass waits', () => {
  /** Three take part in a pass of 800 ms. */
  async function afterPass() {
    const set = setUp();
    const runs = [0, 1, 2].map((index) => set.run(index, 1));
    await pass(800);
    await set.passes.end();
    await Promise.all(runs.map(({ outcome }) => outcome));
    return set;
  }

  it('for those of the last one, who come back a moment later', async () => {
    const { passes, queue, places, run } = await afterPass();
    void run(0, 2);
    await pass(50);
    void run(1, 2);
    await pass(40);
    expect(passes.passes).toHaveLength(1);
    // The third ends here.
    for (const place of places.slice(2)) queue.leave(place);
    await pass();
    expect(passes.rows(1)).toEqual([1, 1]);
  });

  it('an eighth of its time for who does not come, and then no more', async () => {
    const { passes, run } = await afterPass();
    void run(0, 2);
    void run(1, 2);
    await pass(99);
    expect(passes.passes).toHaveLength(1);
    await pass(1);
    expect(passes.rows(1)).toEqual([1, 1]);
    await pass(800);
    await passes.end();
    void run(0, 3);
    void run(1, 3);
    await pass();
    expect(passes.rows(2)).toEqual([1, 1]);
  });
});

it('there is no pass for nobody, when who waited leaves', async () => {
  const { passes, run } = setUp();
  const runs = [run(0, 1), run(1, 1)];
  await pass(800);
  await passes.end();
  await Promise.all(runs.map(({ outcome }) => outcome));
  const controller = new AbortController();
  const { outcome } = run(0, 2, { signal: controller.signal });
  await pass(50);
  controller.abort('enough');
  expect(await outcome).toBe('enough');
  await pass(100);
  expect(passes.passes).toHaveLength(1);
});

describe('a backend that is lost', () => {
  const lost = new RondoError('BACKEND_FAILED', 'lost');

  it('is tried once more for each who was in the pass, from the first token on', async () => {
    const places: Place[] = [];
    const set = setUp({
      recover: async () => {
        for (const place of places) place.held = [];
      },
    });
    places.push(...set.places);
    const { passes, run } = set;
    const inPass = run(0, 2);
    await pass();
    const waiting = run(1, 2);
    await passes.fail(lost);
    expect(passes.passes[1]?.sequences).toMatchObject([{ position: 0 }, { position: 0 }]);
    await passes.fail(lost);
    expect(await inPass.outcome).toBe(lost);
    expect(passes.rows(2)).toEqual([2]);
    await passes.end();
    expect(await waiting.outcome).toBe('done');
  });

  it('tells logits only once', async () => {
    const { passes, run } = setUp({ batchTokens: 4, passTokens: 4, recover: () => Promise.resolve() });
    const { told, outcome } = run(0, 6, { from: 1 });
    await pass();
    await passes.end();
    await passes.fail(lost);
    await passes.end();
    await passes.end();
    expect(await outcome).toBe('done');
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });

  it('that does not come back fails those who were in the pass', async () => {
    const final = new Error('for good');
    const { passes, run } = setUp({ recover: () => Promise.reject(final) });
    const inPass = run(0, 2);
    await pass();
    await passes.fail(lost);
    expect(await inPass.outcome).toBe(final);
  });
});
