// Prefetch that does not wait.
import { describe, expect, it } from 'vitest';
import { async as asyncPrefetch, predictive } from './index.ts';
import { manual, settled } from './test-support/manual.ts';

describe('async', () => {
  it('async begins loads in the order of need, no more at once than `concurrency`', async () => {
    const { prefetcher, loading, load } = manual(8, 6, asyncPrefetch({ distance: 4, concurrency: 2 }));
    await prefetcher.observe(0);
    expect(loading()).toEqual([1, 2]);
    expect(prefetcher.stats).toMatchObject({ issued: 2, inFlight: 2 });
    await load(2).finish();
    expect(loading()).toEqual([1, 3]);
    await load(1).finish();
    await load(3).finish();
    expect(loading()).toEqual([4]);
    await load(4).finish();
    expect(loading()).toEqual([]);
    expect(prefetcher.stats).toMatchObject({ issued: 4, inFlight: 0 });
  });

  it('async does not make observe wait', async () => {
    const { prefetcher } = manual(8, 4, asyncPrefetch({ distance: 1 }));
    await prefetcher.observe(0);
    await prefetcher.observe(1);
    expect(prefetcher.stats.inFlight).toBe(1);
  });

  it('async counts useful, late and wasted prefetches', async () => {
    const { cache, prefetcher, load, use } = manual(8, 8, asyncPrefetch({ distance: 1 }));
    await prefetcher.observe(0);
    await load(1).finish();
    await prefetcher.observe(1);
    expect(prefetcher.stats).toMatchObject({ issued: 2, useful: 1, late: 0, wasted: 0 });
    await use(1);

    await prefetcher.observe(2);
    expect(prefetcher.stats).toMatchObject({ issued: 2, useful: 1, late: 1, wasted: 0 });
    await use(2);
    expect(cache.stats).toMatchObject({ hits: 1, lateHits: 1, misses: 0 });

    // 2 was late, so 3 began only after 2 arrived.
    await load(3).fail();
    expect(prefetcher.stats).toMatchObject({ issued: 3, useful: 1, late: 1, wasted: 1 });
    await prefetcher.observe(3);
    await load(4).finish();
    cache.clear();
    await prefetcher.observe(6);
    expect(prefetcher.stats).toMatchObject({ issued: 5, useful: 1, late: 1, wasted: 2, inFlight: 1 });
    await prefetcher.stop();
    expect(prefetcher.stats).toMatchObject({ issued: 5, useful: 1, late: 1, wasted: 3, inFlight: 0 });
  });

  it('async cancels loads that are no longer needed next, but not the load that is being needed', async () => {
    const { prefetcher, load } = manual(16, 8, asyncPrefetch({ distance: 2, concurrency: 2 }));
    await prefetcher.observe(0);
    const [first, second] = [load(1).signal, load(2).signal];
    await prefetcher.observe(1);
    expect(first.aborted || second.aborted).toBe(false);
    await prefetcher.observe(8);
    await settled();
    expect(second.aborted).toBe(true);
    expect(first.aborted).toBe(false);
    expect(prefetcher.stats).toMatchObject({ late: 1, wasted: 1 });
  });

  it('async fetches a cancelled key again when it is next after all', async () => {
    const { prefetcher, loading } = manual(16, 8, asyncPrefetch({ distance: 1 }));
    await prefetcher.observe(0);
    await prefetcher.observe(8);
    await prefetcher.observe(0);
    await settled();
    expect(loading()).toEqual([1]);
    expect(prefetcher.stats).toMatchObject({ issued: 2, wasted: 1, inFlight: 1 });
  });

  it('after a refusal async begins nothing until the next key is observed', async () => {
    const sizes = (key: number): number => (key === 1 ? 2 : 1);
    const { cache, prefetcher, begun, use, loading } = manual(8, 2, asyncPrefetch({ distance: 2 }), {
      sizeOf: sizes,
    });
    const access = cache.acquire(0);
    await prefetcher.observe(0);
    await settled();
    expect(begun).toEqual([0]);
    expect(prefetcher.stats).toMatchObject({ issued: 0, refused: 1 });
    await use(0);
    (await access).release();
    await settled();
    expect(begun).toEqual([0]);
    await prefetcher.observe(7);
    await settled();
    expect(prefetcher.stats).toMatchObject({ refused: 2 });
    expect(loading()).toEqual([]);
  });

  it('async keeps the key just observed, although no lease holds it yet', async () => {
    const { cache, prefetcher, use } = manual(8, 1, asyncPrefetch({ distance: 1 }));
    await use(0);
    await prefetcher.observe(0);
    await settled();
    expect(cache.has(0)).toBe(true);
    expect(prefetcher.stats).toMatchObject({ issued: 0, refused: 1 });
  });

  it('async is not delayed by the refusal of a key that was next before', async () => {
    const { cache, prefetcher, use, loading } = manual(8, 2, asyncPrefetch({ distance: 1 }));
    await use(0);
    await use(5);
    const accesses = [await cache.acquire(0), await cache.acquire(5)];
    void prefetcher.observe(0);
    for (const access of accesses) access.release();
    void prefetcher.observe(5);
    await settled();
    expect(prefetcher.stats).toMatchObject({ issued: 1, refused: 1, inFlight: 1 });
    expect(loading()).toEqual([6]);
  });

  it('async leaves room for the key just observed', async () => {
    const { cache, prefetcher, use, begun } = manual(8, 1, asyncPrefetch({ distance: 1 }));
    await prefetcher.observe(0);
    expect(prefetcher.stats).toMatchObject({ issued: 0, refused: 1 });
    await use(0);
    expect(begun).toEqual([0]);
    await prefetcher.observe(0);
    expect(cache.has(0)).toBe(true);
    await prefetcher.observe(1);
    await use(1);
    expect(begun).toEqual([0, 1]);
  });

  it('async counts a prefetch evicted before its use as wasted, and fetches it again', async () => {
    const { cache, prefetcher, load, loading } = manual(8, 4, asyncPrefetch({ distance: 2 }));
    await prefetcher.observe(0);
    await load(1).finish();
    await prefetcher.observe(0);
    cache.clear();
    await settled();
    expect(loading()).toEqual([1]);
    expect(prefetcher.stats).toMatchObject({ issued: 3, wasted: 2, inFlight: 1 });
    await load(1).finish();
    await prefetcher.observe(1);
    await prefetcher.stop();
    expect(prefetcher.stats).toMatchObject({ useful: 1, late: 0, inFlight: 0 });
    const { issued, useful, wasted } = prefetcher.stats;
    expect(useful + wasted).toBe(issued);
  });

  it('async counts a key that another caller is loading as no prefetch', async () => {
    const { cache, prefetcher, load } = manual(8, 4, asyncPrefetch({ distance: 1 }));
    const access = cache.acquire(1);
    await prefetcher.observe(0);
    await settled();
    expect(prefetcher.stats).toMatchObject({ issued: 0, late: 0, inFlight: 0 });
    await load(1).finish();
    await access;
  });

  it('async counts a prefetch that the cache cancelled as wasted, not as refused', async () => {
    const { cache, prefetcher, load, use } = manual(8, 2, asyncPrefetch({ distance: 1 }));
    await use(0);
    await prefetcher.observe(0);
    const leased = await cache.acquire(0);
    const { signal } = load(1);
    // The prefetcher does not observe this access.
    const access = cache.acquire(5);
    await settled();
    expect(signal.aborted).toBe(true);
    expect(prefetcher.stats).toMatchObject({ issued: 1, wasted: 1, refused: 0 });
    await use(5);
    (await access).release();
    leased.release();
  });

  it('async keeps to the bytes in flight, in the order of need, and leaves out entries that can never fit', async () => {
    const sizeOf = (key: number): number => [1, 3, 2, 9, 1, 1, 1, 1][key] ?? 1;
    const strategy = asyncPrefetch({ distance: 5, concurrency: 5, bytesInFlight: 4 });
    const { prefetcher, loading, load } = manual(8, 32, strategy, { sizeOf }, { sizeOf });
    await prefetcher.observe(0);
    // Key 2 does not fit together with key 1, and keys needed later do not overtake key 2.
    expect(loading()).toEqual([1]);
    expect(prefetcher.stats).toMatchObject({ inFlight: 1, bytesInFlight: 3 });
    await load(1).finish();
    expect(loading()).toEqual([2, 4, 5]);
    expect(prefetcher.stats).toMatchObject({ inFlight: 3, bytesInFlight: 4 });
    await prefetcher.stop();
    expect(prefetcher.stats).toMatchObject({ inFlight: 0, bytesInFlight: 0 });
  });

  it('async refuses a limit of bytes in flight without sizeOf', () => {
    for (const strategy of [asyncPrefetch({ bytesInFlight: 4 }), predictive({ bytesInFlight: 4 })]) {
      expect(() => manual(8, 8, strategy)).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('sizeOf') }),
      );
    }
  });
});
