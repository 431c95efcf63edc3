import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createCache, pinned, type Cache, type CacheOptions } from '@rondo/cache';
import { prefetchStrategyConformance } from './conformance.ts';
import {
  async as asyncPrefetch,
  loopOrder,
  none,
  predictive,
  prefetchStrategies,
  sync,
  type PrefetchContext,
  type PrefetchStrategy,
} from './index.ts';

const strategies: Record<string, () => PrefetchStrategy> = {
  ...Object.fromEntries(
    Object.entries(prefetchStrategies).map(([name, { create }]) => [`${name}, by default`, () => create()]),
  ),
  'predictive, 2 at once': () => predictive({ concurrency: 2, maxDistance: 3 }),
  'sync, 3 ahead': () => sync({ distance: 3 }),
  'async, 3 ahead': () => asyncPrefetch({ distance: 3 }),
  'async, 4 ahead, 2 at once': () => asyncPrefetch({ distance: 4, concurrency: 2 }),
};

it.each(Object.entries(prefetchStrategies))(
  '%s is listed under the name that it reports',
  (name, { create }) => {
    const cache = createCache({
      budgetBytes: 4,
      policy: pinned<number>(),
      sizeOf: () => 1,
      load: async () => 1,
    });
    expect(create()({ cache, next: loopOrder([0, 1]) }).name).toBe(name);
  },
);

it.each(Object.entries(prefetchStrategies))(
  '%s takes a distance exactly where its entry says so',
  (_, entry) => {
    const create = () => entry.create(0);
    if (entry.distance === 'none') expect(create).not.toThrow();
    else expect(create).toThrow(/istance must be a whole number of at least 1/);
  },
);

it('the README has a row for every prefetch strategy', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(Object.keys(prefetchStrategies)));
});

for (const [name, make] of Object.entries(strategies)) {
  describe(`${name} conforms`, () => {
    for (const each of prefetchStrategyConformance) it(each.name, () => each.run(make));
  });
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A loop through a cache whose loads end when the test says so. */
function manual(
  length: number,
  room: number,
  strategy: PrefetchStrategy,
  options: Partial<CacheOptions<number, number>> = {},
  context: Partial<PrefetchContext<number>> = {},
) {
  const loads = new Map<
    number,
    { readonly signal: AbortSignal; finish(): Promise<void>; fail(): Promise<void> }
  >();
  const begun: number[] = [];
  const cache: Cache<number, number> = createCache({
    budgetBytes: room,
    policy: pinned<number>(),
    sizeOf: () => 1,
    load(key, signal) {
      begun.push(key);
      return new Promise((resolve, reject) => {
        const end = async (how: () => void): Promise<void> => {
          loads.delete(key);
          how();
          await settled();
        };
        signal.addEventListener('abort', () => void end(() => reject(signal.reason)));
        loads.set(key, {
          signal,
          finish: () => end(() => resolve(key)),
          fail: () => end(() => reject(new Error('disk on fire'))),
        });
      });
    },
    ...options,
  });
  const prefetcher = strategy({ cache, next: loopOrder(range(length)), ...context });
  const load = (key: number) => {
    const found = loads.get(key);
    if (found === undefined) throw new Error(`${key} is not loading`);
    return found;
  };
  const use = async (key: number): Promise<void> => {
    const access = cache.acquire(key);
    await loads.get(key)?.finish();
    (await access).release();
  };
  return { cache, prefetcher, begun, load, use, loading: () => [...loads.keys()] };
}

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
    // 2 does not fit beside 1, and keys needed later do not overtake it.
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

  it('prefetch strategies refuse options that are no usable numbers', () => {
    const error = expect.objectContaining({ code: 'BAD_ARGUMENT' });
    for (const bad of [0, -1, 1.5, Number.NaN]) {
      expect(() => asyncPrefetch({ distance: bad })).toThrow(error);
      expect(() => asyncPrefetch({ concurrency: bad })).toThrow(error);
      expect(() => asyncPrefetch({ bytesInFlight: bad })).toThrow(error);
      expect(() => sync({ distance: bad })).toThrow(error);
      expect(() => predictive({ maxDistance: bad })).toThrow(error);
      expect(() => predictive({ concurrency: bad })).toThrow(error);
      expect(() => predictive({ bytesInFlight: bad })).toThrow(error);
      expect(() => predictive({ confidence: bad })).toThrow(error);
    }
  });
});

describe('sync', () => {
  it('observe of sync resolves when the next keys are loaded, one after another', async () => {
    const { prefetcher, loading, load } = manual(8, 6, sync({ distance: 2 }));
    let isDone = false;
    const observing = prefetcher.observe(0).then(() => (isDone = true));
    await settled();
    expect(loading()).toEqual([1]);
    await load(1).finish();
    expect(loading()).toEqual([2]);
    expect(isDone).toBe(false);
    await load(2).finish();
    expect(isDone).toBe(true);
    await observing;
    expect(prefetcher.stats).toMatchObject({ issued: 2, inFlight: 0 });
  });

  it('observe of sync does not wait for a failed load, after stop, or without room', async () => {
    const { prefetcher, loading, load } = manual(8, 6, sync());
    const failing = prefetcher.observe(0);
    await settled();
    await load(1).fail();
    await failing;
    const stopped = prefetcher.observe(3);
    await settled();
    expect(loading()).toEqual([4]);
    await prefetcher.stop();
    await stopped;
    await prefetcher.observe(5);
    expect(loading()).toEqual([]);

    const full = manual(8, 1, sync());
    await full.use(0);
    await full.prefetcher.observe(0);
    expect(full.prefetcher.stats).toMatchObject({ refused: 1, issued: 0 });
  });
});

describe('predictive', () => {
  it('predictive reports what it expects and from which source', async () => {
    const order = ['c', 'a', 'd', 'b'];
    const wrong = loopOrder(['a', 'b', 'c', 'd']);
    const cache = createCache({
      budgetBytes: 3,
      policy: pinned<string>(),
      sizeOf: () => 1,
      load: (key) => Promise.resolve(key),
    });
    const prefetcher = predictive()({ cache, next: wrong });
    expect(prefetcher.state).toEqual({ distance: 1, confidence: 0, source: undefined });
    await prefetcher.observe('c');
    expect(prefetcher.state).toEqual({ distance: 1, confidence: 1, source: 'given' });
    for (let step = 1; step < 60; step += 1) {
      const key = order[step % 4] ?? '';
      await prefetcher.observe(key);
      (await cache.acquire(key)).release();
    }
    expect(prefetcher.state).toMatchObject({ source: 'order' });
    expect(prefetcher.state.confidence).toBeGreaterThan(0.9);
    await prefetcher.stop();
  });

  it('predictive does not delay a prefetch for ever if the cache has no idle()', async () => {
    const begun: number[] = [];
    const cache = {
      has: () => false,
      prefetch: (key: number) => {
        begun.push(key);
        return Promise.resolve('loaded' as const);
      },
    };
    const prefetcher = predictive()({ cache, next: loopOrder(range(4)) });
    await prefetcher.observe(0);
    await settled();
    expect(begun).toEqual([1]);
  });
});

describe('a loop of 32 through a smaller cache', () => {
  /** Rounds in which each load ends before the next access (reading is faster) or after it (reading is slower). */
  async function loop(room: number, strategy: PrefetchStrategy, inTime: boolean) {
    const { cache, prefetcher, loading, load, use } = manual(32, room, strategy);
    for (let step = 0; step < 32 * 12; step += 1) {
      // The first rounds fill the cache.
      if (step === 32 * 2) cache.resetStats();
      const key = step % 32;
      await prefetcher.observe(key);
      await use(key);
      await settled();
      for (let [due] = inTime ? loading() : []; due !== undefined; [due] = loading())
        await load(due).finish();
    }
    const { accesses, hits, lateHits, misses, bytesLoaded } = cache.stats;
    return { hits: hits / accesses, lateHits: lateHits / accesses, misses, bytesPerRound: bytesLoaded / 10 };
  }

  for (const room of [4, 8, 16, 24]) {
    // At most C-1 entries can stay while the others pass through the last slot.
    const optimum = (room - 1) / 31;
    const least = 32 * (1 - optimum);

    it(`a loop of 32 with room for ${room}, without prefetch, has the optimal hits`, async () => {
      const { hits, lateHits } = await loop(room, none(), true);
      expect(Math.abs(hits - optimum)).toBeLessThan(0.02);
      expect(lateHits).toBe(0);
    });

    it(`a loop of 32 with room for ${room}, prefetch one ahead in time: all hits, at most two more loads a round`, async () => {
      const { hits, bytesPerRound } = await loop(room, asyncPrefetch({ distance: 1 }), true);
      expect(hits).toBe(1);
      expect(bytesPerRound).toBeLessThan(least + 2);
    });

    it(`a loop of 32 with room for ${room}, prefetch one ahead never in time: late hits, but no misses`, async () => {
      const { hits, lateHits, misses } = await loop(room, asyncPrefetch({ distance: 1 }), false);
      expect(misses).toBe(0);
      expect(hits + lateHits).toBe(1);
      expect(lateHits).toBeGreaterThan(0.9 * (1 - optimum));
    });

    it(`a loop of 32 with room for ${room}, prefetch three ahead in time: all hits, at most four more loads a round`, async () => {
      const { hits, bytesPerRound } = await loop(room, asyncPrefetch({ distance: 3, concurrency: 2 }), true);
      expect(hits).toBe(1);
      expect(bytesPerRound).toBeLessThan(least + 4);
    });
  }
});

describe('loopOrder', () => {
  it('loopOrder continues from the beginning, without repeating a key', () => {
    const next = loopOrder(['a', 'b', 'c', 'd']);
    expect(next('a', 2)).toEqual(['b', 'c']);
    expect(next('c', 2)).toEqual(['d', 'a']);
    expect(next('d', 1)).toEqual(['a']);
    expect(next('b', 99)).toEqual(['c', 'd', 'a']);
    expect(next('stranger', 2)).toEqual([]);
    expect(loopOrder(['only'])('only', 3)).toEqual([]);
  });

  it('loopOrder refuses an order in which a key occurs twice', () => {
    expect(() => loopOrder(['a', 'b', 'a'])).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', details: { key: 'a', positions: [0, 2] } }),
    );
  });
});
