// Who gets which place, with passes that a test ends by hand.
import type { KvCache } from '@rondo/tensor';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSequenceState } from '../states/sequence-state.ts';
import { createSessionPool, type Sequence } from './session-pool.ts';
import { manualPassRunner, pass } from '../../test/support/manual-pass-runner.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp(sessions: number) {
  const passes = manualPassRunner();
  const budget = { batchTokens: 8, contextTokens: 100 };
  const states = Array.from({ length: sessions }, () => createSequenceState({ layers: [] }, {} as KvCache));
  const sequences = createSessionPool({
    passes,
    budget,
    states: () => states,
    vocabularySize: 1000,
    recover: undefined,
  });
  /** Runs a text; `pass` of the runner has to be ended. */
  const read = (sequence: Sequence, ids: readonly number[]) =>
    sequence.read(ids, { from: ids.length - 1, best: 1, onLogits() {} });
  /** Runs a text to its end. */
  async function hold(ids: readonly number[]): Promise<void> {
    const sequence = await sequences.acquire(ids);
    const done = read(sequence, ids);
    await pass();
    await passes.end();
    await done;
    sequence.release();
  }
  /** From which position the text would be run now. */
  async function startOf(ids: readonly number[]): Promise<number | undefined> {
    await hold(ids);
    return passes.passes.at(-1)?.sequences[0]?.position;
  }
  return { passes, sequences, read, hold, startOf };
}

it('a text goes on where it is held, another takes the place unused for longest', async () => {
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

it('further ones get a place in the order in which they came, once each', async () => {
  const { sequences } = setUp(1);
  const first = await sequences.acquire([1]);
  const controller = new AbortController();
  const order: string[] = [];
  const wait = (name: string, signal?: AbortSignal) =>
    sequences.acquire([1], signal).then(
      (sequence) => {
        order.push(name);
        return sequence;
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

it('no pass waits for who has released its place', async () => {
  const { passes, sequences, read } = setUp(2);
  const [ending, going] = [await sequences.acquire([1]), await sequences.acquire([2])];
  const both = [read(ending, [1]), read(going, [2])];
  await pass(800);
  await passes.end();
  await Promise.all(both);
  void read(going, [2, 3]);
  await pass();
  expect(passes.passes).toHaveLength(1);
  ending.release();
  await pass();
  expect(passes.passes).toHaveLength(2);
});
