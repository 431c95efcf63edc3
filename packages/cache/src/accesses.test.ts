import { describe, expect, it } from 'vitest';
import { lru } from './policies/lru.ts';
import { manual, state } from './test-support/manual-cache.ts';

describe('accesses', () => {
  it('a miss, the accesses that join its load, and a hit are each counted when they come', async () => {
    const { cache, loads, latest } = manual(4);
    const first = cache.acquire('a');
    expect(cache.stats).toMatchObject({ accesses: 1, misses: 1, bytes: 1, entries: 0, bytesLoaded: 0 });
    const second = cache.acquire('a');
    expect(cache.stats).toMatchObject({ accesses: 2, lateHits: 1 });
    await latest('a').finish();
    expect((await first).value).toBe('value of a');
    expect((await second).value).toBe('value of a');
    await cache.acquire('a');
    expect(loads).toHaveLength(1);
    expect(cache.stats).toMatchObject({
      accesses: 3,
      hits: 1,
      lateHits: 1,
      misses: 1,
      bytesLoaded: 1,
      entries: 1,
    });
    expect(cache.trace).toEqual(['a', 'a', 'a']);
  });

  it('an access that finds its prefetch in flight counts as late, never as a hit', async () => {
    const { cache, latest } = manual(4);
    const prefetched = cache.prefetch('a');
    const access = cache.acquire('a');
    await latest('a').finish();
    expect(await prefetched).toBe('loaded');
    (await access).release();
    expect(cache.stats).toMatchObject({ accesses: 1, hits: 0, lateHits: 1, misses: 0, prefetches: 1 });
  });

  it('stallMs sums the time that accesses waited, by the injected clock', async () => {
    let time = 100;
    const { cache, latest } = manual(4, { now: () => time });
    const first = cache.acquire('a');
    time += 10;
    const second = cache.acquire('a');
    time += 5;
    await latest('a').finish();
    await Promise.all([first, second]);
    expect(cache.stats.stallMs).toBe(15 + 5);
    await cache.acquire('a');
    expect(cache.stats.stallMs).toBe(20);

    const third = cache.acquire('b');
    time += 100;
    cache.resetStats();
    time += 7;
    await latest('b').finish();
    await third;
    expect(cache.stats).toMatchObject({ accesses: 0, stallMs: 7, peakBytes: 2 });
    expect(cache.trace).toEqual([]);
  });

  it('the trace records no more accesses than traceLimit', async () => {
    const { cache, hold } = manual(4, { traceLimit: 2 });
    await hold('a');
    for (let count = 0; count < 5; count += 1) await cache.acquire('a');
    expect(cache.trace).toEqual(['a', 'a']);
    expect(cache.stats.accesses).toBe(6);
  });
});

describe('room', () => {
  it('room is made before a load begins', async () => {
    const { cache, bring, unloaded, events } = manual(2);
    await bring('a', 'b');
    const access = cache.acquire('c');
    expect(unloaded).toEqual(['a']);
    expect(cache.stats).toMatchObject({ bytes: 2, evictions: 1 });
    expect(events.slice(-3)).toEqual(['miss c', 'evicted a', 'load c']);
    void access;
  });

  it('room never comes from a leased entry; accesses without room wait, oldest first', async () => {
    const { cache, hold, begun, latest } = manual(2);
    const a = await hold('a');
    const b = await hold('b');
    const c = cache.acquire('c');
    const d = cache.acquire('d');
    expect(begun()).toEqual(['a', 'b']);
    expect(cache.stats).toMatchObject({ accesses: 4, misses: 4, bytes: 2 });
    a.release();
    a.release();
    expect(begun()).toEqual(['a', 'b', 'c']);
    await latest('c').finish();
    expect(await state(d)).toBe('pending');
    b.release();
    expect(begun()).toEqual(['a', 'b', 'c', 'd']);
    await latest('d').finish();
    (await c).release();
    (await d).release();
    expect(cache.has('c') && cache.has('d')).toBe(true);
  });

  it('an entry leased twice is evicted only after two releases', async () => {
    const { cache, hold, begun } = manual(1);
    const first = await hold('a');
    const second = await cache.acquire('a');
    void cache.acquire('b');
    first.release();
    first.release();
    expect(begun()).toEqual(['a']);
    second.release();
    expect(begun()).toEqual(['a', 'b']);
  });

  it('room goes to a smaller access that fits when the oldest access waits for its lease', async () => {
    const { cache, hold, latest } = manual(3);
    const session = await hold('a1');
    const other = await hold('b1');
    const third = await hold('c1');
    const head = cache.acquire('head3');
    const next = cache.acquire('d1');
    third.release();
    await latest('d1').finish();
    session.release();
    other.release();
    (await next).release();
    await latest('head3').finish();
    expect((await head).value).toBe('value of head3');
  });

  it('as many entries are evicted as the new entry needs', async () => {
    const { cache, bring, unloaded } = manual(4);
    await bring('a', 'b', 'c', 'd');
    void cache.acquire('big3');
    expect(unloaded).toEqual(['a', 'b', 'c']);
    expect(cache.stats.bytes).toBe(4);
  });

  it('the budget holds even if a policy names no victim or the wrong victim', async () => {
    for (const victim of [() => undefined, () => 'leased', () => 'stranger']) {
      const { cache, hold, bring, unloaded, latest } = manual(2, { policy: { ...lru<string>(), victim } });
      const leased = await hold('leased');
      await bring('a');
      const b = cache.acquire('b');
      await latest('b').finish();
      expect((await b).value).toBe('value of b');
      expect(unloaded).toEqual(['a']);
      expect(leased.value).toBe('value of leased');
    }
  });

  it('an entry larger than the budget is refused with the bytes it needs, and counts as no access', async () => {
    const { cache } = manual(8);
    await expect(cache.acquire('layer9')).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
      message: expect.stringMatching(/layer9 needs 9 bytes.*8/),
      details: { key: 'layer9', neededBytes: 9, budgetBytes: 8 },
    });
    expect(await cache.prefetch('layer9')).toBe('refused');
    expect(cache.stats.accesses).toBe(0);
  });
});
