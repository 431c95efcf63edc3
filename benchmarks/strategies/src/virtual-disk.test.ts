import { describe, expect, it } from 'vitest';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualDisk, type DiskOptions } from './virtual-disk.ts';

/** When reads end that begin at the given times; -1 for those aborted, which is at `abortMs`. */
async function ends(
  options: DiskOptions,
  reads: readonly { readonly atMs: number; readonly bytes: number; readonly abortMs?: number }[],
): Promise<number[]> {
  const clock = createVirtualClock();
  const disk = createVirtualDisk(clock, options);
  const pass = (delayMs: number): Promise<void> => new Promise((resolve) => clock.after(delayMs, resolve));
  return clock.run(() =>
    Promise.all(
      reads.map(async ({ atMs, bytes, abortMs }) => {
        const controller = new AbortController();
        if (abortMs !== undefined) clock.after(abortMs, () => controller.abort(new Error('enough')));
        await pass(atMs);
        try {
          await disk.read(bytes, controller.signal);
          return clock.now();
        } catch (error) {
          expect(error).toEqual(new Error('enough'));
          return -1;
        }
      }),
    ),
  );
}

const read = (atMs: number, bytes: number, abortMs?: number) =>
  abortMs === undefined ? { atMs, bytes } : { atMs, bytes, abortMs };

describe('a disk of 1000 bytes a second', () => {
  const bytesPerSecond = 1000;

  it('serves one after the other, in the order they came', async () => {
    expect(await ends({ bytesPerSecond, inFlight: 1 }, [read(0, 10), read(2, 5), read(1, 10)])).toEqual([
      10, 25, 20,
    ]);
  });

  it('shares its bandwidth among those it serves at once', async () => {
    // Alone until 10, half of it each until the second ends at 30, then alone again.
    expect(await ends({ bytesPerSecond }, [read(0, 30), read(10, 10)])).toEqual([40, 30]);
  });

  it('gives a single read no more than a single read can have', async () => {
    const options = { bytesPerSecond, streamBytesPerSecond: 500 };
    expect(await ends(options, [read(0, 10)])).toEqual([20]);
    expect(await ends(options, [read(0, 10), read(0, 10)])).toEqual([20, 20]);
    expect(await ends(options, [read(0, 10), read(0, 10), read(0, 10), read(0, 10)])).toEqual([
      40, 40, 40, 40,
    ]);
  });

  it('lets the latency of one pass while another flows', async () => {
    expect(await ends({ bytesPerSecond, latencyMs: 3 }, [read(0, 10), read(8, 10)])).toEqual([
      // From 11 on both flow: the first has 2 left, which take 4, and the second 8 after that.
      15, 23,
    ]);
    expect(await ends({ bytesPerSecond, latencyMs: 3, inFlight: 1 }, [read(0, 10), read(8, 10)])).toEqual([
      13, 26,
    ]);
  });

  it('gives the room of what was aborted to the others: waiting, in its latency or flowing', async () => {
    const options = { bytesPerSecond, latencyMs: 2, inFlight: 1 };
    expect(await ends(options, [read(0, 10), read(0, 10, 5), read(0, 10)])).toEqual([12, -1, 24]);
    expect(await ends(options, [read(0, 10, 1), read(0, 10)])).toEqual([-1, 13]);
    expect(await ends({ bytesPerSecond }, [read(0, 30, 10), read(0, 20)])).toEqual([-1, 25]);
  });
});
