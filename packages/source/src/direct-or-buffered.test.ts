import { describe, expect, it } from 'vitest';
import { measureReadWay } from './direct-or-buffered.ts';
import type { FileHandleLike } from './file-handle.ts';

const MiB = 2 ** 20;

/** Two ways to read a file, with the given milliseconds for each MiB; only reads advance the time. */
async function measured(directMs: number, bufferedMs: () => number, sizeBytes = 1024 * MiB) {
  let nowMs = 0;
  const places: number[] = [];
  const handle = (msEach: () => number): FileHandleLike => ({
    async read(buffer, _, length, position) {
      expect(position % 4096).toBe(0);
      expect(length).toBeLessThanOrEqual(buffer.length);
      expect(position + length).toBeLessThanOrEqual(sizeBytes);
      places.push(position);
      nowMs += (length / MiB) * msEach();
      return { bytesRead: length };
    },
    stat: () => Promise.reject(new Error('not asked for')),
    close: async () => {},
  });
  const way = await measureReadWay(
    handle(() => directMs),
    handle(bufferedMs),
    sizeBytes,
    () => nowMs,
  );
  return { way, places };
}

describe('direct or buffered', () => {
  it('reads are buffered if the file is in the page cache, and direct if it is not', async () => {
    expect((await measured(1, () => 0.2)).way.direct).toBe(false);
    expect((await measured(1, () => 0.8)).way.direct).toBe(true);
    expect((await measured(1, () => 1.5)).way.direct).toBe(true);
  });

  it('reads are direct if the smaller part of the file is in the page cache', async () => {
    let reads = 0;
    expect((await measured(1, () => (reads++ % 5 < 2 ? 0.1 : 1.5))).way.direct).toBe(true);
    reads = 0;
    expect((await measured(1, () => (reads++ % 5 < 3 ? 0.1 : 1.5))).way.direct).toBe(false);
  });

  it('reads become direct after the system dropped the file from the page cache, not after one slow read', async () => {
    const { way } = await measured(1, () => 0.2);
    for (const ms of [1.5, 1.5, 0.2, 1.5, 1.5]) way.bufferedTook(MiB, ms);
    expect(way.direct).toBe(false);
    way.bufferedTook(4096, 9);
    expect(way.direct).toBe(false);
    way.bufferedTook(8 * MiB, 12);
    expect(way.direct).toBe(true);
    way.bufferedTook(MiB, 0.1);
    expect(way.direct).toBe(true);
  });

  it('measuring the way of reading skips small files, and reads few and varying places of a large file', async () => {
    expect((await measured(1, () => 0.1, 63 * MiB)).places).toEqual([]);
    const { places } = await measured(1, () => 0.1, 64 * MiB);
    expect(places).toHaveLength(10);
    expect((await measured(1, () => 0.1, 64 * MiB)).places).not.toEqual(places);
  });
});
