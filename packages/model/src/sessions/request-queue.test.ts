// Which requests share a pass, with passes that a test ends by hand.
import { RondoError } from '@rondo/errors';
import type { KvCache } from '@rondo/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSequenceState } from '../states/sequence-state.ts';
import { createPassCosts } from './pass-costs.ts';
import { createRequestQueue } from './request-queue.ts';
import { createSession, type SessionRequest } from './session.ts';
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
  const sessions = [0, 1, 2, 3].map((capacity) => {
    const state = createSequenceState({ layers: [] }, { capacity } as KvCache);
    return createSession(state, { check() {}, run: queue.run });
  });
  /** Runs a text of so many tokens in a session: the tokens whose logits were told, and how the request ended. */
  function run(index: number, tokens: number, more: Partial<SessionRequest> = {}) {
    const session = sessions[index];
    if (!session) throw new RangeError(`There is no session ${index}.`);
    const told: number[] = [];
    const ids = Array.from({ length: tokens }, (_, token) => 100 * index + token);
    session.rewind(tokens);
    const outcome = session
      .append(ids.slice(session.ids.length), {
        from: tokens - 1,
        best: 1,
        onLogits: (_, token) => told.push(token),
        ...more,
      })
      .then(
        () => 'done',
        (error: unknown) => error,
      );
    return { told, outcome };
  }
  return { passes, queue, sessions, run };
}

describe('requests share passes', () => {
  it('all requests of one turn are in the first pass, none with more than an equal share while another wants more', async () => {
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

  it('a request that is alone may have several batches in a pass', async () => {
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

  it('a pass without room for all requests serves the requests that waited longest', async () => {
    const { passes, run } = setUp({ batchTokens: 2, passTokens: 2 });
    for (const index of [0, 1, 2]) void run(index, 4);
    const served: number[] = [];
    for (let index = 0; index < 6; index++) {
      await (index === 0 ? pass() : passes.end());
      served.push(...(passes.passes[index]?.sequences ?? []).map(({ cache }) => cache.capacity));
    }
    expect(served).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('a pass begins where the state of a session ends, or at the first token whose logits are wanted', async () => {
    const { passes, sessions, run } = setUp();
    void run(0, 5);
    await pass();
    await passes.end();
    expect(sessions[0]).toMatchObject({ ids: [0, 1, 2, 3, 4], held: 5 });
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

describe('a request is aborted', () => {
  it('a request aborted in a shared pass ends at once, and its session can run the next text', async () => {
    const { passes, queue, sessions, run } = setUp();
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
    // The next pass waits for the session that stayed, but not for the session that left.
    expect(passes.passes).toHaveLength(1);
    for (const session of sessions.slice(1)) queue.leave(session);
    await pass();
    // The next text does not build on what the pass wrote for the aborted request.
    expect(passes.passes[1]?.sequences[0]).toMatchObject({ ids: [0], position: 0 });
    await passes.end();
    expect(await next.outcome).toBe('done');
    expect(sessions[0]).toMatchObject({ ids: [0], held: 1 });
  });

  it('a pass ends when all requests in the pass are aborted', async () => {
    const { passes, run } = setUp();
    const controllers = [new AbortController(), new AbortController()];
    const runs = controllers.map(({ signal }, index) => run(index, 2, { signal }));
    await pass();
    for (const [index, controller] of controllers.entries()) controller.abort(`enough ${index}`);
    expect(await Promise.all(runs.map(({ outcome }) => outcome))).toEqual(['enough 0', 'enough 1']);
    expect(passes.passes[0]?.signal?.aborted).toBe(true);
  });

  it('a request aborted while queued joins no pass', async () => {
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
  /** Three sessions share a pass of 800 ms. */
  async function afterPass() {
    const set = setUp();
    const runs = [0, 1, 2].map((index) => set.run(index, 1));
    await pass(800);
    await set.passes.end();
    await Promise.all(runs.map(({ outcome }) => outcome));
    return set;
  }

  it('a pass waits for sessions of the last pass that ask a moment later', async () => {
    const { passes, queue, sessions, run } = await afterPass();
    void run(0, 2);
    await pass(50);
    void run(1, 2);
    await pass(40);
    expect(passes.passes).toHaveLength(1);
    // The third text ends here.
    for (const session of sessions.slice(2)) queue.leave(session);
    await pass();
    expect(passes.rows(1)).toEqual([1, 1]);
  });

  it('a pass waits an eighth of the last pass for a session that does not ask, and afterwards no more', async () => {
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

describe('a task that runs alone', () => {
  it('a task begins when the pass under way has ended, and the next pass when the task has ended', async () => {
    const { passes, queue, run } = setUp();
    void run(0, 1);
    await pass();
    const steps: string[] = [];
    const { promise, resolve } = Promise.withResolvers<string>();
    const alone = queue.alone(async () => {
      steps.push('begun');
      return promise;
    });
    void run(1, 1);
    await pass();
    expect(steps).toEqual([]);
    await passes.end();
    expect(steps).toEqual(['begun']);
    await pass(1000);
    expect(passes.passes).toHaveLength(1);
    resolve('result');
    expect(await alone).toBe('result');
    await pass(1000);
    expect(passes.rows(1)).toEqual([1]);
  });

  it('a pass that waits for a session still waits after a task of that session', async () => {
    const { passes, queue, run } = setUp();
    const runs = [run(0, 1), run(1, 1)];
    await pass(800);
    await passes.end();
    await Promise.all(runs.map(({ outcome }) => outcome));
    void run(0, 2);
    await pass(50);
    expect(await queue.alone(async () => 'result')).toBe('result');
    void run(1, 2);
    await pass();
    expect(passes.rows(1)).toEqual([1, 1]);
  });

  it('a task that is aborted before it begins never begins', async () => {
    const { passes, queue, run } = setUp();
    void run(0, 1);
    await pass();
    const controller = new AbortController();
    let begun = false;
    const alone = queue.alone(async () => {
      begun = true;
    }, controller.signal);
    controller.abort(new Error('enough'));
    await expect(alone).rejects.toThrow('enough');
    await passes.end();
    expect(begun).toBe(false);
    await queue.idle();
  });

  it('an error of a task is its own; a lost backend is restored, and the task has no result', async () => {
    let restored = 0;
    const { queue } = setUp({
      recover: async () => {
        restored++;
      },
    });
    await expect(queue.alone(() => Promise.reject(new Error('thrown')))).rejects.toThrow('thrown');
    expect(restored).toBe(0);
    const lost = new RondoError('BACKEND_FAILED', 'lost');
    expect(await queue.alone(() => Promise.reject(lost))).toBeUndefined();
    expect(restored).toBe(1);
    const final = setUp({ recover: () => Promise.reject(new Error('for good')) });
    await expect(final.queue.alone(() => Promise.reject(lost))).rejects.toThrow('for good');
  });
});

it('no pass begins when the only waiting request is aborted', async () => {
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

describe('the backend is lost', () => {
  const lost = new RondoError('BACKEND_FAILED', 'lost');

  it('each request of a lost pass is tried once more, from the first token on', async () => {
    const { passes, sessions, run } = setUp({
      recover: async () => {
        for (const session of sessions) session.renew();
      },
    });
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

  it('a request that begins anew tells no logits twice, and its progress counts from the first token', async () => {
    const { passes, sessions, run } = setUp({
      batchTokens: 4,
      passTokens: 4,
      recover: async () => {
        for (const session of sessions) session.renew();
      },
    });
    const progress: string[] = [];
    const onProgress = (done: number, of: number) => progress.push(`${done} of ${of}`);
    void run(0, 2);
    await pass();
    await passes.end();
    const { told, outcome } = run(0, 8, { from: 3, onProgress });
    await pass();
    await passes.end();
    await passes.fail(lost);
    await passes.end();
    await passes.end();
    expect(await outcome).toBe('done');
    expect(passes.passes.slice(1).map(({ sequences }) => sequences[0]?.position)).toEqual([2, 6, 0, 4]);
    expect(told).toEqual([3, 4, 5, 6, 7]);
    expect(progress).toEqual(['4 of 6', '4 of 8', '8 of 8']);
  });

  it('the requests of a lost pass fail when the backend cannot be restored', async () => {
    const final = new Error('for good');
    const { passes, run } = setUp({ recover: () => Promise.reject(final) });
    const inPass = run(0, 2);
    await pass();
    await passes.fail(lost);
    expect(await inPass.outcome).toBe(final);
  });
});
