// Random operations. First the test decides when loads end, and the cache is compared with a naive model. Then many callers run
// at the same time with random delays, and the test searches for deadlocks.
import { afterEach, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { createCache } from './create-cache.ts';
import { protectedLru } from './policies/protected-lru.ts';
import { cachePolicies } from './policies/registry.ts';
import type { Cache, CachePolicy, CacheStats, Lease } from './types.ts';

/** Seconds that the deadlock test runs. Default 2; 60 in CI. */
const fuzzSeconds = Number(process.env.RONDO_FUZZ_SECONDS ?? 2);

/** The future accesses that a policy gets if it needs the future. The real accesses differ from this list. */
const future = [0, 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9];
const policies: Record<string, () => CachePolicy<number>> = {
  ...Object.fromEntries(
    Object.entries(cachePolicies).map(([name, { create }]) => [name, () => create(future)]),
  ),
  'protectedLru, window of 5': () => protectedLru({ window: 5 }),
};

const sizeOf = (key: number): number => 1 + (key % 3);

/** The cache handles errors of its callbacks, so a failed assertion in a callback is kept until the test ends. */
const failures: unknown[] = [];
function check(assertion: () => void): void {
  try {
    assertion();
  } catch (error) {
    failures.push(error);
  }
}
afterEach(() => expect(failures.splice(0)).toEqual([]));

function conserved(stats: CacheStats): void {
  expect(stats.hits + stats.lateHits + stats.misses).toBe(stats.accesses);
  expect(stats.bytes).toBeLessThanOrEqual(stats.budgetBytes);
  expect(stats.peakBytes).toBeLessThanOrEqual(Math.max(stats.budgetBytes, 12));
}

/** Counts the memory in use, independently of the cache: loads that have begun and not ended, and values not yet unloaded. */
function createMemory() {
  const values = new Map<number, { readonly key: number }>();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    reserve: (key: number) => (bytes += sizeOf(key)),
    free: (key: number) => (bytes -= sizeOf(key)),
    values,
  };
}

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('acquire' as const), key: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), key: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('prefetch' as const), key: fc.nat(9) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('finish' as const), key: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), key: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), key: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), key: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const), key: fc.nat(9) }) },
);

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('random operations in random order', () => {
  for (const [name, makePolicy] of Object.entries(policies)) {
    it(`memory keeps to the budget, leases hold, counts add up (${name})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
          const memory = createMemory();
          const loads: { key: number; end(error?: Error): void }[] = [];
          const leases: { key: number; lease: Lease<{ key: number }> }[] = [];
          const waiting: { key: number; controller: AbortController }[] = [];
          const unloaded = new Set<object>();
          let accesses = 0;
          const cache: Cache<number, { key: number }> = createCache({
            budgetBytes: 8,
            policy: makePolicy(),
            sizeOf,
            load(key) {
              memory.reserve(key);
              check(() => expect(memory.bytes).toBeLessThanOrEqual(cache.stats.budgetBytes));
              return new Promise((resolve, reject) => {
                loads.push({
                  key,
                  end(error) {
                    if (error === undefined) resolve({ key });
                    else {
                      memory.free(key);
                      reject(error);
                    }
                  },
                });
              });
            },
            unload(value, key) {
              check(() => {
                expect(unloaded.has(value)).toBe(false);
                expect(leases.some(({ lease }) => lease.value === value)).toBe(false);
              });
              unloaded.add(value);
              memory.free(key);
            },
            onEvent: () => check(() => conserved(cache.stats)),
          });

          for (const { kind, key } of operations) {
            if (kind === 'acquire' && sizeOf(key) <= cache.stats.budgetBytes) {
              const controller = new AbortController();
              const entry = { key, controller };
              waiting.push(entry);
              const before = cache.stats.accesses;
              void cache
                .acquire(key, { signal: controller.signal })
                .then((lease) => leases.push({ key, lease }))
                .catch(() => undefined)
                .finally(() => waiting.splice(waiting.indexOf(entry), 1));
              accesses += cache.stats.accesses - before;
            } else if (kind === 'release') leases.splice(key % (leases.length || 1), 1)[0]?.lease.release();
            else if (kind === 'prefetch')
              cache.prefetch(key, { keep: (each) => each === key + 1 }).catch(() => undefined);
            else if (kind === 'finish') loads.splice(key % (loads.length || 1), 1)[0]?.end();
            else if (kind === 'fail') loads.splice(key % (loads.length || 1), 1)[0]?.end(new Error('no'));
            else if (kind === 'abort') waiting[key % (waiting.length || 1)]?.controller.abort('no');
            else if (kind === 'resize') void cache.resize(3 + key);
            else if (kind === 'clear') cache.clear();
            conserved(cache.stats);
            await settled();
            expect(failures).toEqual([]);
            conserved(cache.stats);
            expect(cache.stats.bytes).toBe(memory.bytes);
            expect(cache.stats.accesses).toBe(accesses);
            expect(cache.trace).toHaveLength(accesses);
            for (const { key, lease } of leases) {
              expect(cache.has(key)).toBe(true);
              expect(unloaded.has(lease.value)).toBe(false);
            }
          }

          // Once leases are released and loads end, every waiting call is served.
          for (let round = 0; round < 200 && (waiting.length > 0 || loads.length > 0); round += 1) {
            leases.splice(0).forEach(({ lease }) => lease.release());
            loads.splice(0).forEach((load) => load.end());
            await settled();
          }
          expect(waiting).toHaveLength(0);
          leases.splice(0).forEach(({ lease }) => lease.release());
          await cache.dispose();
          expect(memory.bytes).toBe(0);
          expect(cache.stats).toMatchObject({ bytes: 0, entries: 0 });
        }),
        { numRuns: 150 },
      );
    });
  }

  const share = fuzzSeconds / Object.keys(policies).length;
  for (const [name, makePolicy] of Object.entries(policies)) {
    it(`no call waits for ever when many run at once (${name})`, { timeout: 30_000 + 2000 * share }, () =>
      runMany(makePolicy(), 1000 * share),
    );
  }
});

async function runMany(policy: CachePolicy<number>, durationMs: number): Promise<void> {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const delay = (): Promise<void> =>
    random(3) === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, random(3)));
  let bytes = 0;
  const cache: Cache<number, number> = createCache({
    budgetBytes: 12,
    policy,
    sizeOf,
    async load(key, signal) {
      bytes += sizeOf(key);
      expect(bytes).toBeLessThanOrEqual(12);
      try {
        await delay();
        signal.throwIfAborted();
        if (random(20) === 0) throw new Error('failed');
        return key;
      } catch (error) {
        bytes -= sizeOf(key);
        throw error;
      }
    },
    unload: (key) => void (bytes -= sizeOf(key)),
    onEvent: () => check(() => conserved(cache.stats)),
  });
  const until = performance.now() + durationMs;
  let served = 0;
  // So many readers that each can lease the largest entry at the same time, and the same number of callers that only prefetch.
  const reader = async (): Promise<void> => {
    for (let key = random(32); performance.now() < until; key = (key + 1) % 32) {
      const controller = new AbortController();
      if (random(10) === 0) setTimeout(() => controller.abort('gone'), random(3));
      try {
        const lease = await cache.acquire(key, { signal: controller.signal });
        served += 1;
        expect(lease.value).toBe(key);
        await delay();
        expect(cache.has(key)).toBe(true);
        lease.release();
        if (random(4) === 0) lease.release();
      } catch (error) {
        if (error !== 'gone' && (error as Error).message !== 'failed') throw error;
      }
      await delay();
    }
  };
  const prefetcher = async (): Promise<void> => {
    while (performance.now() < until) {
      const controller = new AbortController();
      const prefetched = cache.prefetch(random(32), { signal: controller.signal }).catch(() => 'failed');
      if (random(4) === 0) controller.abort('gone');
      await Promise.all([prefetched, delay()]);
    }
  };
  const operator = async (): Promise<void> => {
    while (performance.now() < until) {
      await delay();
      // Never below the size of the largest entry: the cache would refuse its accesses.
      if (random(3) === 0) await cache.resize(3 + random(10));
      else if (random(20) === 0) cache.clear();
    }
  };
  const people = [...Array.from({ length: 8 }, reader), ...Array.from({ length: 4 }, prefetcher), operator()];
  // Waits for all of them, so that the first failure does not leave the others running.
  for (const { reason } of (await Promise.allSettled(people)).filter((each) => each.status === 'rejected')) {
    failures.push(reason);
  }
  await cache.dispose();
  expect(bytes).toBe(0);
  expect(served).toBeGreaterThan(durationMs / 20);
}
