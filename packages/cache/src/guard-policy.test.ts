// 38: a policy that throws fails the access with an error that names the policy; the cache stays in order.
import { expect, it } from 'vitest';
import { createCache, lru, type CachePolicy } from './index.ts';

const methods = ['added', 'used', 'removed', 'victim'] as const;

function failing(method: (typeof methods)[number]): CachePolicy<number> {
  return {
    ...lru<number>(),
    [method]: () => {
      throw new Error('policy');
    },
  };
}

it.each(methods)(
  'a policy whose `%s` throws fails accesses with its name, and the cache can be disposed of',
  async (method) => {
    const unloaded: number[] = [];
    const cache = createCache<number, number>({
      budgetBytes: 2,
      policy: failing(method),
      sizeOf: () => 1,
      load: async (key) => key,
      unload: (value) => unloaded.push(value),
    });
    let loaded = 0;
    let failure: unknown;
    for (const key of [0, 1, 2, 3, 4]) {
      try {
        (await cache.acquire(key)).release();
        loaded++;
      } catch (error) {
        failure ??= error;
      }
    }
    expect(failure).toMatchObject({ code: 'BAD_ARGUMENT', details: { method } });
    expect(loaded).toBeLessThan(5);
    expect(cache.stats.leases).toBe(0);
    await expect(cache.prefetch(9)).rejects.toBe(failure);
    await cache.dispose();
    expect(cache.stats.bytes).toBe(0);
    expect(new Set(unloaded).size).toBe(unloaded.length);
  },
);

it.each(['lru', 7, undefined, null, {}, lru])('%s in place of a policy is refused', (given) => {
  const policy = given as unknown as CachePolicy<number>;
  expect(() =>
    createCache<number, number>({ budgetBytes: 1, policy, sizeOf: () => 1, load: async (key) => key }),
  ).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
