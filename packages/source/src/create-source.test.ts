import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { createSource } from './index.ts';

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

it('a read leaves no listener on a signal that outlives it, however the read ends', async () => {
  const { signal } = new AbortController();
  for (const read of [soon, () => Promise.reject(new Error('no luck'))]) {
    const source = createSource({ size: 4, identity: 'one', read });
    await source.readInto(new Uint8Array(4), 0, { signal }).catch(() => {});
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('closing a source stops its reads with CLOSED, waits for them, and then releases handles', async () => {
  const events: string[] = [];
  const source = createSource({
    size: 4,
    identity: 'one',
    async read(_target, _offset, signal) {
      await soon();
      await soon();
      events.push('read ends');
      signal.throwIfAborted();
    },
    async close() {
      events.push('released');
    },
  });
  const reading = expect(source.readInto(new Uint8Array(4), 0)).rejects.toMatchObject({ code: 'CLOSED' });
  await Promise.all([source.close(), source.close()]);
  await reading;
  expect(events).toEqual(['read ends', 'released']);
});

it('errors of a source with a name show the name and never the identity', async () => {
  const source = createSource({ size: 4, identity: 'secret', name: 'model', read: soon });
  const tooFar: unknown = await source.readInto(new Uint8Array(5), 0).catch((error: unknown) => error);
  await source.close();
  const closed: unknown = await source.readInto(new Uint8Array(4), 0).catch((error: unknown) => error);
  expect([tooFar, closed]).toMatchObject([{ code: 'OUT_OF_RANGE' }, { code: 'CLOSED' }]);
  expect(JSON.stringify([tooFar, String(tooFar), closed, String(closed)])).not.toContain('secret');
});
