// Prefetch that waits.
import { describe, expect, it } from 'vitest';
import { sync } from './index.ts';
import { manual, settled } from './test-support/manual.ts';

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
