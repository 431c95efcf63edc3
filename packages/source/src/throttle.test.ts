import { describe, expect, it } from 'vitest';
import { memory, throttle, type Clock } from './index.ts';

/** A clock that jumps to the next awaited moment as soon as nothing else is left to do. */
function virtualClock(): Clock & { readonly nowMs: () => number } {
  let nowMs = 1000;
  const waiting: { readonly atMs: number; readonly go: () => void }[] = [];
  const jump = (): void => {
    waiting.sort((a, b) => a.atMs - b.atMs);
    const first = waiting.shift();
    if (!first) return;
    nowMs = Math.max(nowMs, first.atMs);
    first.go();
  };
  return {
    nowMs: () => nowMs,
    wait: (waitMs, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        waiting.push({ atMs: nowMs + waitMs, go: resolve });
        setImmediate(jump);
      }),
  };
}

const MiB = 2 ** 20;

/** Starts reads of the given bytes, all at once; returns when each was done, in milliseconds. */
async function timesOf(
  options: { bytesPerSecond?: number; latencyMs?: number },
  sizes: readonly number[],
): Promise<number[]> {
  const clock = virtualClock();
  const source = throttle(memory(new Uint8Array(4 * MiB)), { ...options, clock });
  const startMs = clock.nowMs();
  return Promise.all(
    sizes.map(async (bytes) => {
      await source.readInto(new Uint8Array(bytes), 0);
      return clock.nowMs() - startMs;
    }),
  );
}

describe('throttle', () => {
  it('a throttled read takes the latency and the time of its bytes at the rate', async () => {
    expect(await timesOf({ bytesPerSecond: 4 * MiB, latencyMs: 20 }, [MiB])).toEqual([270]);
    expect(await timesOf({ latencyMs: 20 }, [MiB])).toEqual([20]);
    expect(await timesOf({ bytesPerSecond: 4 * MiB }, [0])).toEqual([0]);
  });

  it('concurrent throttled reads share the rate and wait for the latency together', async () => {
    const times = await timesOf({ bytesPerSecond: 4 * MiB, latencyMs: 20 }, [MiB, MiB, MiB, MiB]);
    expect(Math.max(...times)).toBe(1020);
    expect(Math.min(...times)).toBeGreaterThan(800);
  });

  it('a small throttled read does not wait for the whole of a large read', async () => {
    const [large, small] = await timesOf({ bytesPerSecond: MiB }, [4 * MiB, 1024]);
    expect(small).toBeLessThan(300);
    expect(large).toBeCloseTo(4001, 0);
  });

  it('throttled reads one after another get the full rate', async () => {
    const clock = virtualClock();
    const source = throttle(memory(new Uint8Array(MiB)), { bytesPerSecond: MiB, clock });
    const startMs = clock.nowMs();
    for (let i = 0; i < 4; i++) await source.readInto(new Uint8Array(MiB), 0);
    expect(clock.nowMs() - startMs).toBe(4000);
  });

  it('unused time of a throttled source is not saved up', async () => {
    const clock = virtualClock();
    const source = throttle(memory(new Uint8Array(MiB)), { bytesPerSecond: MiB, clock });
    await source.readInto(new Uint8Array(MiB), 0);
    await clock.wait(5000, new AbortController().signal);
    const startMs = clock.nowMs();
    await source.readInto(new Uint8Array(MiB), 0);
    expect(clock.nowMs() - startMs).toBe(1000);
  });

  it('aborting a throttled read ends its wait with the reason', async () => {
    const abort = new AbortController();
    const source = throttle(memory(new Uint8Array(1)), { latencyMs: 1e8 });
    const reading = source.readInto(new Uint8Array(1), 0, { signal: abort.signal });
    abort.abort('enough');
    await expect(reading).rejects.toBe('enough');
    await source.close();
  });

  it.each([{ bytesPerSecond: 0 }, { bytesPerSecond: NaN }, { latencyMs: -1 }])(
    'throttle refuses %o',
    (options) => {
      expect(() => throttle(memory(new Uint8Array(0)), options)).toThrowError(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }),
      );
    },
  );
});
