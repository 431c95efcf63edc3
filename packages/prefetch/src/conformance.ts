// The requirements for every prefetch strategy. The cases are data for any test runner: a case throws when it fails.
import { createCache, lru, pinned, type Cache, type CacheOptions, type CachePolicy } from '@rondo/cache';
import { loopOrder } from './loop-order.ts';
import type { PrefetchStats, PrefetchStrategy } from './types.ts';

/** One case; `make` returns a new strategy at each call. */
export interface PrefetchStrategyCase {
  readonly name: string;
  /** @throws Error when the strategy fails the case */
  run(make: () => PrefetchStrategy): Promise<void>;
}

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function assertConserved(stats: PrefetchStats): void {
  const { useful, late, wasted, issued, inFlight, refused } = stats;
  const text = JSON.stringify(stats);
  assert(useful + late + wasted <= issued, `more outcomes than prefetches: ${text}`);
  assert(Math.min(useful, late, wasted, issued, inFlight, refused) >= 0, `a negative count: ${text}`);
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);
const LOOP = range(12);

/** A cache for a loop of 12 entries of one byte. */
function loopCache(room: number, options: Partial<CacheOptions<number, number>> = {}): Cache<number, number> {
  return createCache({
    budgetBytes: room,
    policy: pinned<number>(),
    sizeOf: () => 1,
    load: (key) => Promise.resolve(key),
    ...options,
  });
}

/** Resolves when everything that follows from past events has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await undefined;
}

/**
 * Runs several rounds of the loop. Seeded random numbers decide which load ends next, and whether it ends before or after the
 * computation continues. Every fetched key must be used before its eviction, so that no key is loaded twice in a round.
 */
async function assertReadOnceARound(
  strategy: PrefetchStrategy,
  policy: CachePolicy<number>,
  room: number,
  seed: number,
): Promise<void> {
  let state = seed;
  const random = (below: number): number => {
    // Lehmer's generator: the same sequence on every machine.
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const ends: (() => void)[] = [];
  const unused = new Set<number>();
  const broken: string[] = [];
  let now = '';
  const cache = loopCache(room, {
    policy,
    load: (key, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        ends.push(() => resolve(key));
      }),
    onEvent({ type, key }) {
      if (type === 'loaded') unused.add(key);
      if (type === 'cancelled' || (type === 'evicted' && unused.has(key)))
        broken.push(`${now}: ${type} ${key}`);
    },
  });
  const prefetcher = strategy({ cache, next: loopOrder(LOOP) });
  /** Lets loads end until `promise` has settled. Also ends loads that `promise` does not wait for. */
  async function until<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const done = promise.finally(() => (isDone = true));
    for (;;) {
      await settled();
      if (isDone && (ends.length === 0 || random(2) === 0)) return done;
      assert(ends.length > 0, 'waits for no load');
      ends.splice(random(ends.length), 1)[0]?.();
    }
  }
  for (let step = 0; step < 5 * LOOP.length; step += 1) {
    const key = step % LOOP.length;
    now = `step ${step}`;
    await until(prefetcher.observe(key));
    const lease = await until(cache.acquire(key));
    unused.delete(key);
    await until(Promise.resolve());
    lease.release();
  }
  // Loads cancelled after this line were cancelled by the end of the case.
  const found = broken.join('; ');
  await prefetcher.stop();
  assert(found === '', `${policy.name} with room for ${room}, seed ${seed}: ${found}`);
}

/** Every `PrefetchStrategy` passes all of these cases. */
export const prefetchStrategyConformance: readonly PrefetchStrategyCase[] = [
  {
    name: 'has a name and counts nothing at first',
    async run(make) {
      const prefetcher = make()({ cache: loopCache(4), next: loopOrder(LOOP) });
      assert(prefetcher.name.length > 0, 'name is empty');
      const total = Object.values(prefetcher.stats).reduce((sum: number, count: number) => sum + count, 0);
      assert(total === 0, `counted before anything was observed: ${JSON.stringify(prefetcher.stats)}`);
    },
  },
  {
    name: 'changes no value, and conserves its counts, in caches of every size',
    async run(make) {
      for (let room = 1; room <= 13; room += 1) {
        const cache = loopCache(room);
        const prefetcher = make()({ cache, next: loopOrder(LOOP) });
        for (let step = 0; step < 100; step += 1) {
          // Sometimes a round restarts in the middle, as with a new prompt.
          const key = (step < 60 ? step : step - 55) % 12;
          await prefetcher.observe(key);
          assertConserved(prefetcher.stats);
          const lease = await cache.acquire(key);
          assert(lease.value === key, `acquired ${key}, got ${lease.value}`);
          lease.release();
        }
        await prefetcher.stop();
        const { issued, useful, late, wasted, inFlight } = prefetcher.stats;
        assert(inFlight === 0, 'something is in flight after stop');
        assert(issued === useful + late + wasted, 'a prefetch has no outcome after stop');
        assert(
          issued === cache.stats.prefetches,
          `issued ${issued}, the cache saw ${cache.stats.prefetches}`,
        );
      }
    },
  },
  {
    name: 'never has evicted what is needed sooner than what it fetches',
    async run(make) {
      // On a loop, `lru` proposes the key needed next as the victim. The strategy itself then has to keep that key.
      for (const [room, policy] of range(11).flatMap((less) =>
        [lru, pinned].map((make) => [less + 1, make] as const),
      )) {
        let observed = 0;
        let evicted: number[] = [];
        const broken: string[] = [];
        const cache = loopCache(room, {
          policy: policy<number>(),
          onEvent(event) {
            if (event.type === 'evicted') evicted.push(event.key);
            if (event.type !== 'load') return;
            const ahead = (key: number): number => (key - observed + 12) % 12;
            for (const victim of event.origin === 'prefetch' ? evicted : []) {
              if (ahead(victim) < ahead(event.key)) {
                broken.push(`at ${observed}: ${event.key} pushed out ${victim}`);
              }
            }
            evicted = [];
          },
        });
        const prefetcher = make()({ cache, next: loopOrder(LOOP) });
        for (let step = 0; step < 60; step += 1) {
          observed = step % 12;
          await prefetcher.observe(observed);
          (await cache.acquire(observed)).release();
        }
        await prefetcher.stop();
        assert(broken.length === 0, `${policy.name} with room for ${room}: ${broken.join('; ')}`);
      }
    },
  },
  {
    name: 'on a loop nothing fetched ahead leaves before its use, in whatever order loads end',
    async run(make) {
      for (const policy of [
        () => lru<number>(),
        () => pinned<number>(),
        () => pinned<number>({ steady: true }),
      ]) {
        for (const room of range(12).map((less) => less + 1)) {
          for (const seed of [1, 2]) await assertReadOnceARound(make(), policy(), room, seed);
        }
      }
    },
  },
  {
    name: 'does not fail because loads do',
    async run(make) {
      const cache = loopCache(4, { load: () => Promise.reject(new Error('disk on fire')) });
      const prefetcher = make()({ cache, next: loopOrder(LOOP) });
      for (const key of LOOP) {
        await prefetcher.observe(key);
        assertConserved(prefetcher.stats);
      }
      await prefetcher.stop();
      const { issued, wasted, late } = prefetcher.stats;
      assert(issued === wasted + late, 'a prefetch that failed counts as useful');
    },
  },
  {
    name: 'stop cancels what is in flight, twice is as good as once, and nothing begins after it',
    async run(make) {
      const signals: AbortSignal[] = [];
      const cache = loopCache(4, {
        load: (_key, signal) =>
          new Promise((_resolve, reject) => {
            signals.push(signal);
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
      });
      const prefetcher = make()({ cache, next: loopOrder(LOOP) });
      // Not awaited: a strategy that blocks by design blocks here.
      const observing = prefetcher.observe(0).catch(() => undefined);
      await Promise.all([prefetcher.stop(), prefetcher.stop()]);
      await observing;
      assert(
        signals.every(({ aborted }) => aborted),
        'a load goes on after stop',
      );
      assert(prefetcher.stats.inFlight === 0, 'something is in flight after stop');
      const begun = signals.length;
      await prefetcher.observe(1);
      assert(signals.length === begun, 'began a load after stop');
    },
  },
];
