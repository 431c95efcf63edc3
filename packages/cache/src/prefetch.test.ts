import { describe, expect, it } from 'vitest';
import { manual, settled } from './test-support/manual-cache.ts';

describe('prefetch', () => {
  it('a prefetch evicts nothing that is leased, kept, in flight, or prefetched and unused', async () => {
    const { cache, hold, bring, latest, unloaded } = manual(4);
    await hold('leased');
    await bring('kept');
    const prefetched = cache.prefetch('soon');
    const coming = cache.prefetch('coming');
    await latest('soon').finish();
    expect(await prefetched).toBe('loaded');
    expect(await cache.prefetch('x', { keep: (key) => key === 'kept' })).toBe('refused');
    expect(unloaded).toEqual([]);
    const admitted = cache.prefetch('x');
    expect(unloaded).toEqual(['kept']);
    expect(cache.stats).toMatchObject({ bytes: 4, prefetches: 3 });
    void coming;
    void admitted;
  });

  it('a prefetch evicts nothing if evicting would not make enough room', async () => {
    const { cache, hold, bring, unloaded } = manual(3);
    await hold('leased2');
    await bring('a');
    expect(await cache.prefetch('big2')).toBe('refused');
    expect(unloaded).toEqual([]);
  });

  it('a prefetch of an entry that is present or in flight loads nothing', async () => {
    const { cache, hold } = manual(3);
    await hold('a');
    void cache.acquire('b');
    expect(await cache.prefetch('a')).toBe('present');
    expect(await cache.prefetch('b')).toBe('present');
    expect(cache.stats).toMatchObject({ prefetches: 0, accesses: 2 });
  });

  it('a prefetch takes no room that an access waits for', async () => {
    const { cache, hold } = manual(3);
    await hold('a');
    await hold('b');
    void cache.acquire('big2');
    expect(await cache.prefetch('c')).toBe('refused');
  });

  it('a prefetch leaves room for absent entries that are needed sooner', async () => {
    const { cache, bring, latest, unloaded } = manual(3);
    await bring('a');
    await bring('b');
    expect(await cache.prefetch('later', { leaveRoomFor: ['big3'] })).toBe('refused');
    expect(unloaded).toEqual([]);
    // A key named twice needs room once.
    const prefetched = cache.prefetch('later', { leaveRoomFor: ['a', 'next2', 'next2'], keep: () => false });
    expect(unloaded).toEqual(['a', 'b']);
    const access = cache.acquire('next2');
    expect(latest('later').signal.aborted).toBe(false);
    expect(await cache.prefetch('more', { leaveRoomFor: ['next2'] })).toBe('refused');
    await latest('later').finish();
    expect(await prefetched).toBe('loaded');
    await latest('next2').finish();
    (await access).release();
    expect(cache.has('later')).toBe(true);
    expect(unloaded).toEqual(['a', 'b']);
  });

  it('an access takes room from used entries first, then prefetched entries, then prefetches in flight', async () => {
    const { cache, bring, latest, unloaded, loads } = manual(3);
    const flying = expect(cache.prefetch('flying')).rejects.toThrow('room');
    const soon = cache.prefetch('soon');
    await latest('soon').finish();
    await soon;
    await bring('used');
    const a = cache.acquire('a');
    expect(unloaded).toEqual(['used']);
    const b = cache.acquire('b');
    expect(unloaded).toEqual(['used', 'soon']);
    const c = cache.acquire('c');
    await flying;
    expect(latest('flying').signal.aborted).toBe(true);
    // The room is free only after the loader has settled.
    expect(loads.some(({ key }) => key === 'c')).toBe(false);
    await latest('flying').fail(new Error('aborted'));
    for (const [key, access] of Object.entries({ a, b, c })) {
      await latest(key).finish();
      (await access).release();
    }
    expect(cache.stats).toMatchObject({ misses: 4, lateHits: 0, bytes: 3 });
  });

  it('an access cancels no more prefetches than needed, and cancels again when needed again', async () => {
    const { cache, latest, loads } = manual(3);
    const flying = Promise.allSettled(['p', 'q', 'r'].map((key) => cache.prefetch(key)));
    const aborted = () => loads.filter(({ signal }) => signal.aborted).map(({ key }) => key);
    const a = cache.acquire('a');
    expect(aborted()).toEqual(['r']);
    expect(await cache.prefetch('x')).toBe('refused');
    // Each access that comes and is aborted makes all waiting calls ask for room again.
    const controller = new AbortController();
    const passer = cache.acquire('a', { signal: controller.signal });
    controller.abort('enough');
    await expect(passer).rejects.toBe('enough');
    expect(aborted()).toEqual(['r']);
    await latest('r').fail(new Error('aborted'));
    await latest('a').finish();
    await a;
    const b = cache.acquire('b');
    expect(aborted()).toEqual(['q', 'r']);
    const late = cache.acquire('p');
    await latest('q').fail(new Error('aborted'));
    await latest('b').finish();
    await latest('p').finish();
    await Promise.all([b, late]);
    expect((await flying).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('a late prefetch whose access was aborted can be cancelled again', async () => {
    const { cache, latest } = manual(1);
    const controller = new AbortController();
    const flying = expect(cache.prefetch('flying')).rejects.toThrow('room');
    const access = cache.acquire('flying', { signal: controller.signal });
    void cache.acquire('other');
    expect(latest('flying').signal.aborted).toBe(false);
    controller.abort('enough');
    await expect(access).rejects.toBe('enough');
    await flying;
    expect(latest('flying').signal.aborted).toBe(true);
  });

  it('a prefetched entry that was used is an entry like any other', async () => {
    const { cache, latest } = manual(1);
    const prefetched = cache.prefetch('a');
    await latest('a').finish();
    await prefetched;
    expect(await cache.prefetch('b')).toBe('refused');
    (await cache.acquire('a')).release();
    void cache.prefetch('b');
    expect(cache.stats).toMatchObject({ prefetches: 2, evictions: 1 });
  });

  it('a prefetched entry that is never used does not stay for ever', async () => {
    const { cache, bring, latest } = manual(2);
    const wrong = cache.prefetch('wrong');
    await latest('wrong').finish();
    await wrong;
    expect(await cache.prefetch('big2')).toBe('refused');
    await bring('a');
    for (let count = 0; count < 4; count += 1) (await cache.acquire('a')).release();
    void cache.prefetch('big2');
    expect(cache.has('wrong')).toBe(false);
  });
});

describe('idle', () => {
  /** Whether a promise has settled by now. */
  async function isSettled(promise: Promise<void>): Promise<boolean> {
    let done = false;
    void promise.then(() => (done = true));
    await settled();
    return done;
  }

  it('idle resolves at once if no access waits for its own load, whatever is prefetched', async () => {
    const { cache, latest, bring } = manual(4);
    expect(await isSettled(cache.idle())).toBe(true);
    await bring('a');
    void cache.prefetch('b');
    const late = cache.acquire('b');
    expect(await isSettled(cache.idle())).toBe(true);
    await latest('b').finish();
    (await late).release();
  });

  it('idle waits for loads that accesses began, and for accesses that wait for room', async () => {
    const { cache, latest, hold } = manual(2);
    const held = await hold('a2');
    const access = cache.acquire('b2');
    const idle = cache.idle();
    expect(await isSettled(idle)).toBe(false);
    held.release();
    expect(await isSettled(idle)).toBe(false);
    await latest('b2').finish();
    expect(await isSettled(idle)).toBe(true);
    (await access).release();
  });

  it('idle resolves when the last load ends by failure, abort or dispose', async () => {
    const { cache, latest } = manual(4);
    const failing = cache.acquire('a').catch(() => undefined);
    const idle = cache.idle();
    await latest('a').fail(new Error('no'));
    expect(await isSettled(idle)).toBe(true);
    await failing;

    const controller = new AbortController();
    const aborted = cache.acquire('b', { signal: controller.signal }).catch(() => undefined);
    const second = cache.idle();
    controller.abort('gone');
    expect(await isSettled(second)).toBe(true);
    await aborted;

    const closed = cache.acquire('c').catch(() => undefined);
    const third = cache.idle();
    void cache.dispose();
    expect(await isSettled(third)).toBe(true);
    await closed;
  });
});
