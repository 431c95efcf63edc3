import { RondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import { memory, retry, type ByteSource } from './index.ts';

/** A source of four bytes whose first reads fail with the given errors. */
function failing(...errors: unknown[]): ByteSource & { readonly reads: () => number } {
  const source = memory(Uint8Array.of(1, 2, 3, 4));
  let reads = 0;
  return {
    ...source,
    reads: () => reads,
    async readInto(target, offset, options) {
      if (reads < errors.length) throw errors[reads++];
      reads++;
      await source.readInto(target, offset, options);
    },
  };
}

const readFailed = () => new RondoError('READ_FAILED', 'no luck');

function recordedWaits(): { waits: number[]; wait: (waitMs: number) => Promise<void> } {
  const waits: number[] = [];
  return {
    waits,
    wait: async (waitMs) => {
      waits.push(waitMs);
    },
  };
}

describe('retry', () => {
  it('retry doubles the wait up to the maximum, and returns the bytes in the end', async () => {
    const { waits, wait } = recordedWaits();
    const source = failing(...Array.from({ length: 5 }, readFailed));
    const target = new Uint8Array(4);
    await retry(source, { attempts: 6, backoffMs: 10, maxBackoffMs: 50, wait }).readInto(target, 0);
    expect(waits).toEqual([10, 20, 40, 50, 50]);
    expect([...target]).toEqual([1, 2, 3, 4]);
  });

  it('retry throws the last error after the last attempt, without another wait', async () => {
    const { waits, wait } = recordedWaits();
    const errors = [readFailed(), readFailed(), readFailed()];
    const source = failing(...errors);
    await expect(retry(source, { attempts: 3, wait }).readInto(new Uint8Array(1), 0)).rejects.toBe(errors[2]);
    expect(source.reads()).toBe(3);
    expect(waits).toHaveLength(2);
  });

  it.each([new RondoError('SOURCE_CHANGED', 'other'), new Error('a bug'), 'a string'])(
    'does not repeat %s',
    async (error) => {
      const source = failing(error);
      await expect(retry(source).readInto(new Uint8Array(1), 0)).rejects.toBe(error);
      expect(source.reads()).toBe(1);
    },
  );

  it('aborting a retried read ends its wait at once, with the reason', async () => {
    const abort = new AbortController();
    const source = failing(readFailed());
    const reading = retry(source, { backoffMs: 1e8, maxBackoffMs: 1e8 }).readInto(new Uint8Array(1), 0, {
      signal: abort.signal,
    });
    setTimeout(() => abort.abort('enough'), 5);
    await expect(reading).rejects.toBe('enough');
    expect(source.reads()).toBe(1);
  });

  it('closing a retried source ends the wait at once, and the read rejects with CLOSED', async () => {
    const source = retry(failing(readFailed()), { backoffMs: 1e8, maxBackoffMs: 1e8 });
    const reading = source.readInto(new Uint8Array(1), 0);
    setTimeout(() => void source.close(), 5);
    await expect(reading).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it.each([{ attempts: 0 }, { attempts: 1.5 }, { backoffMs: -1 }, { backoffMs: NaN }])(
    'refuses %o',
    (options) => {
      expect(() => retry(memory(new Uint8Array(0)), options)).toThrowError(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    },
  );
});
