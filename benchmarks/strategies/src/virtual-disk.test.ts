import { describe, expect, it } from 'vitest';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualDisk, type DiskOptions } from './virtual-disk.ts';

/** The times at which reads end that begin at the given times; -1 for reads aborted at `abortMs`. */
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

  it('a virtual disk serves reads one after another, in the order they came', async () => {
    expect(await ends({ bytesPerSecond, inFlight: 1 }, [read(0, 10), read(2, 5), read(1, 10)])).toEqual([
      10, 25, 20,
    ]);
  });

  it('a virtual disk shares its bandwidth among the reads that it serves at once', async () => {
    // Alone until 10 ms, half of the bandwidth each until the second read ends at 30 ms, then alone again.
    expect(await ends({ bytesPerSecond }, [read(0, 30), read(10, 10)])).toEqual([40, 30]);
  });

  it('a virtual disk gives a single read at most the bandwidth of a single read', async () => {
    const options = { bytesPerSecond, streamBytesPerSecond: 500 };
    expect(await ends(options, [read(0, 10)])).toEqual([20]);
    expect(await ends(options, [read(0, 10), read(0, 10)])).toEqual([20, 20]);
    expect(await ends(options, [read(0, 10), read(0, 10), read(0, 10), read(0, 10)])).toEqual([
      40, 40, 40, 40,
    ]);
  });

  it('a virtual disk lets the latency of one read pass while another read flows', async () => {
    expect(await ends({ bytesPerSecond, latencyMs: 3 }, [read(0, 10), read(8, 10)])).toEqual([
      // From 11 ms on both flow: the first has 2 bytes left, which take 4 ms, and the second takes 8 ms more.
      15, 23,
    ]);
    expect(await ends({ bytesPerSecond, latencyMs: 3, inFlight: 1 }, [read(0, 10), read(8, 10)])).toEqual([
      13, 26,
    ]);
  });

  it('a virtual disk gives the place of an aborted read to the others, whether it was waiting, in its latency or flowing', async () => {
    const options = { bytesPerSecond, latencyMs: 2, inFlight: 1 };
    expect(await ends(options, [read(0, 10), read(0, 10, 5), read(0, 10)])).toEqual([12, -1, 24]);
    expect(await ends(options, [read(0, 10, 1), read(0, 10)])).toEqual([-1, 13]);
    expect(await ends({ bytesPerSecond }, [read(0, 30, 10), read(0, 20)])).toEqual([-1, 25]);
  });
});
