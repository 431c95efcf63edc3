import { describe, expect, it, vi } from 'vitest';
import { manual } from './test-support/manual-cache.ts';

describe('aborting', () => {
  it('a load ends when the last waiting call is aborted', async () => {
    const { cache, latest } = manual(4);
    const [one, two] = [new AbortController(), new AbortController()];
    const first = cache.acquire('a', { signal: one.signal });
    const second = cache.acquire('a', { signal: two.signal });
    one.abort('enough');
    await expect(first).rejects.toBe('enough');
    expect(latest('a').signal.aborted).toBe(false);
    two.abort('enough too');
    await expect(second).rejects.toBe('enough too');
    expect(latest('a').signal.reason).toBe('enough too');
    expect(cache.stats).toMatchObject({ accesses: 2, misses: 1, lateHits: 1, bytes: 1 });
    await latest('a').fail(new Error('aborted'));
    expect(cache.stats).toMatchObject({ accesses: 2, bytes: 0 });
  });

  it('a value that arrives after its load was aborted is unloaded', async () => {
    const { cache, latest, unloaded, loads } = manual(1);
    const controller = new AbortController();
    const access = cache.acquire('a', { signal: controller.signal });
    controller.abort('enough');
    await expect(access).rejects.toBe('enough');
    const again = cache.acquire('a');
    expect(loads).toHaveLength(1);
    await latest('a').finish();
    expect(unloaded).toEqual(['a']);
    expect(cache.has('a')).toBe(false);
    expect(loads).toHaveLength(2);
    await latest('a').finish();
    expect((await again).value).toBe('value of a');
  });

  it('aborting an access does not end its prefetch, and aborting a prefetch does not end its access', async () => {
    const { cache, latest } = manual(4);
    const one = new AbortController();
    const prefetched = cache.prefetch('a');
    const access = cache.acquire('a', { signal: one.signal });
    one.abort('enough');
    await expect(access).rejects.toBe('enough');
    await latest('a').finish();
    expect(await prefetched).toBe('loaded');

    const two = new AbortController();
    const cancelled = cache.prefetch('b', { signal: two.signal });
    const wanted = cache.acquire('b');
    two.abort('never mind');
    await expect(cancelled).rejects.toBe('never mind');
    expect(latest('b').signal.aborted).toBe(false);
    await latest('b').finish();
    expect((await wanted).value).toBe('value of b');

    const three = new AbortController();
    const alone = cache.prefetch('c', { signal: three.signal });
    three.abort('never mind');
    await expect(alone).rejects.toBe('never mind');
    expect(latest('c').signal.aborted).toBe(true);
  });

  it('aborting an access that waits for room lets the next access proceed', async () => {
    const { cache, hold, begun } = manual(2);
    await hold('a');
    const b = await hold('b');
    const controller = new AbortController();
    const big = cache.acquire('big2', { signal: controller.signal });
    const c = cache.acquire('c');
    controller.abort('enough');
    await expect(big).rejects.toBe('enough');
    b.release();
    expect(begun()).toEqual(['a', 'b', 'c']);
    void c;
  });

  it('a call whose signal is already aborted counts as no access', async () => {
    const { cache } = manual(2);
    await expect(cache.acquire('a', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await expect(cache.prefetch('a', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(cache.stats).toMatchObject({ accesses: 0, bytes: 0, prefetches: 0 });
  });

  it('no listener stays on an abort signal', async () => {
    const { cache, latest } = manual(2);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const access = cache.acquire('a', { signal });
    const prefetched = cache.prefetch('b', { signal });
    await latest('a').finish();
    await latest('b').finish();
    await Promise.all([access, prefetched]);
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed).toHaveBeenCalledTimes(2);
  });
});

describe('failures', () => {
  it('a failed load rejects every waiting call, is not cached, and gives its room back', async () => {
    const { cache, latest, loads } = manual(1);
    const waiting = [cache.acquire('a'), cache.acquire('a')];
    const next = cache.acquire('b');
    const ends = Promise.allSettled(waiting);
    await latest('a').fail(new Error('disk on fire'));
    for (const end of await ends) expect(end).toMatchObject({ reason: { message: 'disk on fire' } });
    expect(cache.stats).toMatchObject({ accesses: 3, misses: 2, lateHits: 1 });
    await latest('b').finish();
    (await next).release();
    void cache.acquire('a');
    expect(loads).toHaveLength(3);
  });

  it('a loader that throws synchronously counts as a failed load', async () => {
    const { cache } = manual(1, {
      load() {
        throw new Error('at once');
      },
    });
    await expect(cache.acquire('a')).rejects.toThrow('at once');
    await expect(cache.prefetch('a')).rejects.toThrow('at once');
    expect(cache.stats).toMatchObject({ accesses: 1, misses: 1, bytes: 0 });
  });

  it('errors of observers and of unload do not disturb the cache', async () => {
    const reported: unknown[] = [];
    const { cache, bring } = manual(1, {
      unload() {
        throw new Error('cannot unload');
      },
      onEvent(event) {
        if (event.type === 'unloadFailed') reported.push(event.error);
        throw new Error('cannot observe');
      },
    });
    await bring('a', 'b');
    expect(cache.has('b')).toBe(true);
    expect(reported).toEqual([new Error('cannot unload')]);
  });

  it('errors about arguments say what would be right', async () => {
    for (const budgetBytes of [0, -1, Number.NaN, 1.5, Infinity]) {
      expect(() => manual(budgetBytes)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
      await expect(manual(1).cache.resize(budgetBytes)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    }
    const { cache } = manual(4, { sizeOf: () => Number.NaN });
    await expect(cache.acquire('a')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await expect(cache.prefetch('a')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(cache.stats.accesses).toBe(0);
  });
});
