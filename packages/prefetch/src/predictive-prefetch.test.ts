// Prefetch that learns the order.
import { createCache, pinned } from '@rondo/cache';
import { describe, expect, it } from 'vitest';
import { loopOrder, predictive } from './index.ts';
import { range, settled } from './test-support/manual.ts';

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
