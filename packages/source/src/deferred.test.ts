import { expect, it } from 'vitest';
import { deferred, memory } from './index.ts';

const known = { size: 4, identity: 'one' };
const opened = () => memory(Uint8Array.of(1, 2, 3, 4), 'one');

it('a deferred source opens with the first read that needs a byte, and only once', async () => {
  let opens = 0;
  const source = deferred(known, async () => {
    opens++;
    return opened();
  });
  await source.readInto(new Uint8Array(0), 2);
  expect(opens).toBe(0);
  const targets = [new Uint8Array(2), new Uint8Array(2)];
  await Promise.all(targets.map((target) => source.readInto(target, 1)));
  expect(targets.map((target) => [...target])).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(opens).toBe(1);
});

it('a deferred source tries to open again after a failure', async () => {
  let opens = 0;
  const source = deferred(known, async () => {
    if (opens++ === 0) throw new Error('no luck');
    return opened();
  });
  await expect(source.readInto(new Uint8Array(1), 0)).rejects.toThrow('no luck');
  await source.readInto(new Uint8Array(1), 0);
});

it.each([
  ['identity', memory(new Uint8Array(4), 'two')],
  ['size', memory(new Uint8Array(5), 'one')],
])('#62 another %s than the known one is SOURCE_CHANGED, and is closed', async (_, other) => {
  const source = deferred(known, async () => other);
  await expect(source.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: expect.stringContaining('a model has to be loaded anew'),
  });
  await expect(other.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'CLOSED' });
});

it('closing a deferred source closes the opened source, and opens none', async () => {
  const inner = opened();
  const source = deferred(known, async () => inner);
  await source.readInto(new Uint8Array(1), 0);
  await source.close();
  await expect(inner.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'CLOSED' });
  await deferred(known, () => Promise.reject(new Error('opened'))).close();
});

it('aborting and closing end the wait for a deferred source that never opens', async () => {
  const abort = new AbortController();
  let openSignal: AbortSignal | undefined;
  const source = deferred(known, (signal) => {
    openSignal = signal;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  const reading = source.readInto(new Uint8Array(1), 0, { signal: abort.signal });
  abort.abort('enough');
  await expect(reading).rejects.toBe('enough');
  const closed = expect(source.readInto(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'CLOSED' });
  await source.close();
  await closed;
  expect(openSignal?.aborted).toBe(true);
});
