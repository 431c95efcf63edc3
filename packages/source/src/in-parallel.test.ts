import { expect, it } from 'vitest';
import { inParallel } from './in-parallel.ts';

const never = new AbortController().signal;
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

it('inParallel does all work, at most `concurrency` items at a time', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, never, async (item) => {
    most = Math.max(most, ++running);
    await soon();
    running--;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it('inParallel rejects with the first failure after all begun work has ended, and begins no more', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const failure = new Error('no luck');
  const running = inParallel([1, 2, 3, 4, 5], 2, never, async (item, signal) => {
    begun.push(item);
    if (item === 1) throw failure;
    for (let i = 0; i < 5; i++) await soon();
    expect(signal.reason).toBe(failure);
    ended.push(item);
  });
  await expect(running).rejects.toBe(failure);
  expect({ begun, ended }).toEqual({ begun: [1, 2], ended: [2] });
});

it('inParallel begins nothing with an aborted signal', async () => {
  const work = async () => expect.unreachable();
  await expect(inParallel([1], 2, AbortSignal.abort('enough'), work)).rejects.toBe('enough');
});
