import { describe, expect, it } from 'vitest';
import { check, conserved, manual, state } from './test-support/manual-cache.ts';

describe('resize', () => {
  it('resize evicts down to the new budget and grows back', async () => {
    const { cache, bring, unloaded } = manual(4);
    await bring('a', 'b', 'c', 'd');
    await cache.resize(2);
    expect(unloaded).toEqual(['a', 'b']);
    expect(cache.stats).toMatchObject({ bytes: 2, budgetBytes: 2 });
    await cache.resize(3);
    await bring('e');
    expect(cache.stats).toMatchObject({ bytes: 3, evictions: 2 });
  });

  it('resize waits for leases and loads, and meanwhile reports the bytes still held as the budget', async () => {
    const { cache, hold, latest } = manual(3);
    const a = await hold('a');
    const b = await hold('b');
    const c = cache.acquire('c');
    const resized = cache.resize(1);
    expect(await state(resized)).toBe('pending');
    expect(cache.stats).toMatchObject({ bytes: 3, budgetBytes: 3 });
    a.release();
    expect(cache.stats).toMatchObject({ bytes: 2, budgetBytes: 2 });
    await latest('c').finish();
    b.release();
    expect(await state(resized)).toBe('done');
    expect((await c).value).toBe('value of c');
    expect(cache.stats).toMatchObject({ bytes: 1, budgetBytes: 1 });
  });

  it('resize cancels prefetches in flight instead of waiting for them', async () => {
    const { cache, latest } = manual(3);
    const flying = cache.prefetch('flying2');
    const resized = cache.resize(1);
    await expect(flying).rejects.toThrow('room');
    expect(await state(resized)).toBe('pending');
    await latest('flying2').fail(new Error('aborted'));
    await resized;
  });

  it('resize rejects waiting accesses larger than the new budget, and serves accesses that now fit', async () => {
    const { cache, hold, begun } = manual(2);
    await hold('a');
    const big = cache.acquire('big2');
    const refused = expect(big).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    await cache.resize(1);
    await refused;
    void cache.acquire('b');
    await cache.resize(2);
    expect(begun()).toEqual(['a', 'b']);
  });
});

describe('clear and dispose', () => {
  it('clear evicts idle entries, cancels prefetches in flight, and leaves the rest', async () => {
    const { cache, hold, bring, latest, unloaded } = manual(4);
    const held = await hold('held');
    await bring('idle');
    const flying = cache.prefetch('flying');
    const wanted = cache.acquire('wanted');
    cache.clear();
    expect(unloaded).toEqual(['idle']);
    await expect(flying).rejects.toThrow('room');
    await latest('flying').finish();
    await latest('wanted').finish();
    expect(unloaded).toEqual(['idle', 'flying']);
    expect((await wanted).value).toBe('value of wanted');
    held.release();
    expect(cache.has('held')).toBe(true);
  });

  it('dispose ends everything, and waits until leases are released and loaders have settled', async () => {
    const { cache, hold, bring, latest, unloaded } = manual(4, {
      sizeOf: (key) => ({ idle: 0, waiting: 3 })[key] ?? 1,
    });
    const held = await hold('held');
    await bring('idle');
    const loading = cache.acquire('loading');
    const flying = cache.prefetch('flying');
    const rest = cache.acquire('rest');
    const waiting = cache.acquire('waiting');
    const ends = Promise.allSettled([loading, flying, rest, waiting]);
    const disposed = cache.dispose();
    expect(cache.dispose()).toBe(disposed);
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'CLOSED' } });
    await expect(cache.acquire('held')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache.prefetch('held')).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(cache.resize(9)).rejects.toMatchObject({ code: 'CLOSED' });
    held.release();
    expect(await state(disposed)).toBe('pending');
    expect(latest('loading').signal.aborted && latest('flying').signal.aborted).toBe(true);
    await latest('loading').finish();
    await latest('rest').fail(new Error('aborted'));
    await latest('flying').fail(new Error('aborted'));
    await disposed;
    expect(unloaded.toSorted()).toEqual(['held', 'idle', 'loading']);
    expect(cache.stats).toMatchObject({ bytes: 0, entries: 0, accesses: 5 });
  });

  it('a callback that calls the cache finds it in order', async () => {
    const seen: string[] = [];
    const { cache, bring, latest } = manual(2, {
      unload(_value, key) {
        check(() => conserved(cache.stats));
        seen.push(key);
        // The room that just became free belongs to the access that asked for it.
        if (key === 'a') void cache.acquire('thief').then((lease) => lease.release());
      },
    });
    await bring('a', 'b');
    const c = cache.acquire('c');
    conserved(cache.stats);
    await latest('c').finish();
    await latest('thief').finish();
    (await c).release();
    expect(seen).toEqual(['a', 'b']);
    expect(cache.stats).toMatchObject({ bytes: 2, peakBytes: 2, misses: 4 });
  });
});
