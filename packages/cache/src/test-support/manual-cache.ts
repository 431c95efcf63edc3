// A cache for tests, whose loads end when the test says so.
import { afterEach, expect } from 'vitest';
import { createCache } from '../create-cache.ts';
import type { CacheEvent, CacheOptions } from '../options.ts';
import { lru } from '../policies/lru.ts';
import type { Cache, CacheStats, Lease } from '../types.ts';

/** The cache ignores errors of its observers, so a failed assertion in an observer is kept for the end of the test. */
const failures: unknown[] = [];
/** Runs an assertion inside an observer: a failure fails the test at its end. */
export function check(assertion: () => void): void {
  try {
    assertion();
  } catch (error) {
    failures.push(error);
  }
}
afterEach(() => expect(failures.splice(0)).toEqual([]));

/** A cache whose loads end when the test says so. The size of an entry is the number in its key, else 1. */
export function manual(budgetBytes: number, options: Partial<CacheOptions<string, string>> = {}) {
  const loads: {
    key: string;
    signal: AbortSignal;
    finish(): Promise<void>;
    fail(error: unknown): Promise<void>;
  }[] = [];
  const unloaded: string[] = [];
  const events: string[] = [];
  const cache: Cache<string, string> = createCache({
    budgetBytes,
    policy: lru(),
    sizeOf: (key) => Number(/\d+/.exec(key)?.[0] ?? 1),
    load(key, signal) {
      return new Promise((resolve, reject) => {
        loads.push({
          key,
          signal,
          async finish() {
            resolve(`value of ${key}`);
            await settled();
          },
          async fail(error) {
            reject(error);
            await settled();
          },
        });
      });
    },
    unload: (value) => unloaded.push(value.slice('value of '.length)),
    onEvent(event: CacheEvent<string>) {
      events.push(`${event.type} ${event.key}`);
      check(() => conserved(cache.stats));
    },
    ...options,
  });
  const latest = (key: string) => {
    const load = loads.findLast((each) => each.key === key);
    if (load === undefined) throw new Error(`no load of ${key}`);
    return load;
  };
  const hold = async (key: string): Promise<Lease<string>> => {
    const lease = cache.acquire(key);
    await latest(key).finish();
    return lease;
  };
  const bring = async (...keys: string[]): Promise<void> => {
    for (const key of keys) (await hold(key)).release();
  };
  return { cache, loads, latest, unloaded, events, hold, bring, begun: () => loads.map(({ key }) => key) };
}

/** Resolves when everything that can continue without an event has done so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What holds for the statistics at every moment. */
export function conserved(stats: CacheStats): void {
  expect(stats.hits + stats.lateHits + stats.misses).toBe(stats.accesses);
  expect(stats.bytes).toBeLessThanOrEqual(stats.budgetBytes);
}

/** Whether a promise has ended, without waiting for it. */
export async function state(promise: Promise<unknown>): Promise<'pending' | 'done' | 'failed'> {
  let result: 'pending' | 'done' | 'failed' = 'pending';
  promise.then(
    () => (result = 'done'),
    () => (result = 'failed'),
  );
  await settled();
  return result;
}
