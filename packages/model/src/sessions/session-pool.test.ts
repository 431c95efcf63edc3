// Which text gets which session, with passes that a test ends by hand.
import type { KvCache } from '@rondo/tensor';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSequenceState } from '../states/sequence-state.ts';
import { createSessionPool } from './session-pool.ts';
import type { Session } from './session.ts';
import { manualPassRunner, pass } from '../../test/support/manual-pass-runner.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp(sessions: number) {
  const passes = manualPassRunner();
  const budget = { batchTokens: 8, contextTokens: 100 };
  const states = Array.from({ length: sessions }, () => createSequenceState({ layers: [] }, {} as KvCache));
  const pool = createSessionPool({
    passes,
    budget,
    states: () => states,
    vocabularySize: 1000,
    recover: undefined,
  });
  /** Runs a text; `pass` of the runner has to be ended. */
  const read = (session: Session, ids: readonly number[]) =>
    session.append(ids.slice(session.ids.length), { from: ids.length - 1, best: 1, onLogits() {} });
  /** Runs a text to its end. */
  async function hold(ids: readonly number[]): Promise<void> {
    const { session, release } = await pool.acquire(ids);
    const done = read(session, ids);
    await pass();
    await passes.end();
    await done;
    release();
  }
  /** From which position the text would be run now. */
  async function startOf(ids: readonly number[]): Promise<number | undefined> {
    await hold(ids);
    return passes.passes.at(-1)?.sequences[0]?.position;
  }
  return { passes, pool, read, hold, startOf };
}

it('a text goes on in the session that holds its beginning; another text takes the session unused for longest', async () => {
  const { hold, startOf } = setUp(3);
  await hold([1, 2, 3, 4]);
  await hold([1, 2, 7, 8, 9, 10]);
  expect(await startOf([1, 2, 3, 4, 5])).toBe(4);
  // Begins like both, but goes on like neither.
  expect(await startOf([1, 6, 6, 6])).toBe(0);
  expect(await startOf([1, 2, 7, 8, 9, 10, 11])).toBe(6);
  expect(await startOf([1, 2, 3, 4, 5, 6])).toBe(5);
  expect(await startOf([9, 9])).toBe(0);
  expect(await startOf([1, 6, 6, 6, 6])).toBe(1);
});

it('waiting texts get a session in the order in which they came, one text for each release', async () => {
  const { pool } = setUp(1);
  const first = await pool.acquire([1]);
  const controller = new AbortController();
  const order: string[] = [];
  const wait = (name: string, signal?: AbortSignal) =>
    pool.acquire([1], signal).then(
      (acquired) => {
        order.push(name);
        return acquired;
      },
      (reason: unknown) => void order.push(`${name}: ${String(reason)}`),
    );
  const waiting = [wait('second'), wait('third', controller.signal), wait('fourth')];
  controller.abort('enough');
  await pass();
  first.release();
  first.release();
  await pass();
  expect(order).toEqual(['third: enough', 'second']);
  (await waiting[0])?.release();
  await Promise.all(waiting);
  expect(order).toEqual(['third: enough', 'second', 'fourth']);
});

it('no pass waits for a session that was released', async () => {
  const { passes, pool, read } = setUp(2);
  const [ending, going] = [await pool.acquire([1]), await pool.acquire([2])];
  const both = [read(ending.session, [1]), read(going.session, [2])];
  await pass(800);
  await passes.end();
  await Promise.all(both);
  void read(going.session, [2, 3]);
  await pass();
  expect(passes.passes).toHaveLength(1);
  ending.release();
  await pass();
  expect(passes.passes).toHaveLength(2);
});

it('a text that no session can have is refused at once, and leaves each session its text', async () => {
  const { pool, hold, startOf } = setUp(1);
  const ids = Array.from({ length: 100 }, (_, token) => token);
  await hold(ids.slice(0, 8));
  const refused = [[...ids, 7], [...ids.slice(0, 4), 1000], [0.5], [-1], []];
  const codes = ['CONTEXT_FULL', 'BAD_ARGUMENT', 'BAD_ARGUMENT', 'BAD_ARGUMENT', 'BAD_ARGUMENT'];
  const { release } = await pool.acquire(ids);
  for (const [index, text] of refused.entries())
    await expect(pool.acquire(text)).rejects.toMatchObject({ code: codes[index] });
  release();
  for (const [index, text] of refused.entries())
    await expect(pool.acquire(text)).rejects.toMatchObject({ code: codes[index] });
  expect(await startOf(ids.slice(0, 16))).toBe(8);
});

it('an appended token that no text can have is refused, and the text is as before', async () => {
  const { passes, pool } = setUp(1);
  const { session } = await pool.acquire([1, 2]);
  const request = { from: 0, best: 1, onLogits() {} };
  void session.append([1, 2], request);
  await pass();
  await passes.end();
  await expect(session.append([3, 1000], request)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(
    session.append(
      Array.from({ length: 99 }, () => 1),
      request,
    ),
  ).rejects.toMatchObject({
    code: 'CONTEXT_FULL',
    details: { tokens: 101, contextTokens: 100 },
  });
  for (const from of [-1, 0.5, Number.NaN])
    await expect(session.append([3], { ...request, from })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  await expect(session.append([3], { ...request, signal: AbortSignal.abort('enough') })).rejects.toBe(
    'enough',
  );
  expect(session).toMatchObject({ ids: [1, 2], held: 2 });
});

it('tokens of a shared pass are held after an abort, if the next text has them, too', async () => {
  const { passes, pool, startOf } = setUp(2);
  const controller = new AbortController();
  const [leaving, staying] = [await pool.acquire([1, 2, 3]), await pool.acquire([9])];
  const request = { from: 0, best: 1, onLogits() {} };
  const aborted = leaving.session.append([1, 2, 3], { ...request, signal: controller.signal });
  const done = staying.session.append([9], request);
  await pass();
  controller.abort('enough');
  await expect(aborted).rejects.toBe('enough');
  leaving.release();
  await passes.end();
  await done;
  staying.release();
  expect(await startOf([1, 2, 3, 4])).toBe(3);
});
