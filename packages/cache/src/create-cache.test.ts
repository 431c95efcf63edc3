import { afterEach, describe, expect, it, vi } from 'vitest';
import { createCache } from './create-cache.ts';
import type { CacheEvent, CacheOptions } from './options.ts';
import { lru } from './policies/lru.ts';
import type { Cache, CacheStats, Lease } from './types.ts';

/** The cache swallows what its observers throw, so what fails in one is kept for the end of the test. */
const failures: unknown[] = [];
function check(assertion: () => void): void {
  try {
    assertion();
  } catch (error) {
    failures.push(error);
  }
}
afterEach(() => expect(failures.splice(0)).toEqual([]));

/** A cache whose loads end when the test says so. Sizes: the number in the key, else 1. */
function manual(budgetBytes: number, options: Partial<CacheOptions<string, string>> = {}) {
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

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function conserved(stats: CacheStats): void {
  expect(stats.hits + stats.lateHits + stats.misses).toBe(stats.accesses);
  expect(stats.bytes).toBeLessThanOrEqual(stats.budgetBytes);
}

/** Whether a promise has ended, without waiting for it. */
async function state(promise: Promise<unknown>): Promise<'pending' | 'done' | 'failed'> {
  let result: 'pending' | 'done' | 'failed' = 'pending';
  promise.then(
    () => (result = 'done'),
    () => (result = 'failed'),
  );
  await settled();
  return result;
}

describe('accesses', () => {
  it('counts a miss, those who join it, and a hit, each when it comes', async () => {
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

  it('counts an access that found a prefetch on its way as late, never as a hit', async () => {
    const { cache, latest } = manual(4);
    const prefetched = cache.prefetch('a');
    const access = cache.acquire('a');
    await latest('a').finish();
    expect(await prefetched).toBe('loaded');
    (await access).release();
    expect(cache.stats).toMatchObject({ accesses: 1, hits: 0, lateHits: 1, misses: 0, prefetches: 1 });
  });

  it('sums what accesses waited, by the clock it is given', async () => {
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

  it('records no more of the trace than it is told to', async () => {
    const { cache, hold } = manual(4, { traceLimit: 2 });
    await hold('a');
    for (let count = 0; count < 5; count += 1) await cache.acquire('a');
    expect(cache.trace).toEqual(['a', 'a']);
    expect(cache.stats.accesses).toBe(6);
  });
});

describe('room', () => {
  it('is made before the load begins', async () => {
    const { cache, bring, unloaded, events } = manual(2);
    await bring('a', 'b');
    const access = cache.acquire('c');
    expect(unloaded).toEqual(['a']);
    expect(cache.stats).toMatchObject({ bytes: 2, evictions: 1 });
    expect(events.slice(-3)).toEqual(['miss c', 'evicted a', 'load c']);
    void access;
  });

  it('never comes from a leased entry; whoever finds none waits, oldest first', async () => {
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

  it('counts leases, not holders', async () => {
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

  it('goes to a smaller access that fits, when the oldest waits for that one’s lease', async () => {
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

  it('evicts as many as it takes', async () => {
    const { cache, bring, unloaded } = manual(4);
    await bring('a', 'b', 'c', 'd');
    void cache.acquire('big3');
    expect(unloaded).toEqual(['a', 'b', 'c']);
    expect(cache.stats.bytes).toBe(4);
  });

  it('holds to the budget even with a policy that names nobody or the wrong one', async () => {
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

  it('says how many bytes an entry needs that is larger than the budget, and counts no access', async () => {
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

describe('prefetch', () => {
  it('evicts nothing that is leased, kept, on its way, or prefetched and unused', async () => {
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

  it('evicts nothing at all when that would not be enough', async () => {
    const { cache, hold, bring, unloaded } = manual(3);
    await hold('leased2');
    await bring('a');
    expect(await cache.prefetch('big2')).toBe('refused');
    expect(unloaded).toEqual([]);
  });

  it('finds what is there or on its way', async () => {
    const { cache, hold } = manual(3);
    await hold('a');
    void cache.acquire('b');
    expect(await cache.prefetch('a')).toBe('present');
    expect(await cache.prefetch('b')).toBe('present');
    expect(cache.stats).toMatchObject({ prefetches: 0, accesses: 2 });
  });

  it('takes no room that an access waits for', async () => {
    const { cache, hold } = manual(3);
    await hold('a');
    await hold('b');
    void cache.acquire('big2');
    expect(await cache.prefetch('c')).toBe('refused');
  });

  it('gives way to an access: first what was used, then what was prefetched, then what is in flight', async () => {
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
    // The room is free only when the loader has let go of it.
    expect(loads.some(({ key }) => key === 'c')).toBe(false);
    await latest('flying').fail(new Error('aborted'));
    for (const [key, access] of Object.entries({ a, b, c })) {
      await latest(key).finish();
      (await access).release();
    }
    expect(cache.stats).toMatchObject({ misses: 4, lateHits: 0, bytes: 3 });
  });

  it('is cancelled no more than needed, and again when needed again', async () => {
    const { cache, latest, loads } = manual(3);
    const flying = Promise.allSettled(['p', 'q', 'r'].map((key) => cache.prefetch(key)));
    const aborted = () => loads.filter(({ signal }) => signal.aborted).map(({ key }) => key);
    const a = cache.acquire('a');
    expect(aborted()).toEqual(['r']);
    expect(await cache.prefetch('x')).toBe('refused');
    // Who comes and goes meanwhile makes everybody who waits ask again.
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

  it('that lost the access it was late for can be cancelled again', async () => {
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

  it('that was used is an entry like any other', async () => {
    const { cache, latest } = manual(1);
    const prefetched = cache.prefetch('a');
    await latest('a').finish();
    await prefetched;
    expect(await cache.prefetch('b')).toBe('refused');
    (await cache.acquire('a')).release();
    void cache.prefetch('b');
    expect(cache.stats).toMatchObject({ prefetches: 2, evictions: 1 });
  });

  it('that was a wrong guess does not stay for ever', async () => {
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

describe('abort', () => {
  it('ends the load when the last who waits has gone', async () => {
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

  it('unloads a value that arrives after all', async () => {
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

  it('of an access leaves its prefetch alone, and of a prefetch its access', async () => {
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

  it('of one who waits for room lets the next one through', async () => {
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

  it('before the call is no access', async () => {
    const { cache } = manual(2);
    await expect(cache.acquire('a', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    await expect(cache.prefetch('a', { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(cache.stats).toMatchObject({ accesses: 0, bytes: 0, prefetches: 0 });
  });

  it('leaves no listener behind', async () => {
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
  it('reach everyone who waits, are not cached, and give their room back', async () => {
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

  it('of a loader that throws at once are the same', async () => {
    const { cache } = manual(1, {
      load() {
        throw new Error('at once');
      },
    });
    await expect(cache.acquire('a')).rejects.toThrow('at once');
    await expect(cache.prefetch('a')).rejects.toThrow('at once');
    expect(cache.stats).toMatchObject({ accesses: 1, misses: 1, bytes: 0 });
  });

  it('of observers and of unload disturb nobody', async () => {
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

  it('of arguments say what would be right', async () => {
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

describe('resize', () => {
  it('evicts down to the new budget and grows back', async () => {
    const { cache, bring, unloaded } = manual(4);
    await bring('a', 'b', 'c', 'd');
    await cache.resize(2);
    expect(unloaded).toEqual(['a', 'b']);
    expect(cache.stats).toMatchObject({ bytes: 2, budgetBytes: 2 });
    await cache.resize(3);
    await bring('e');
    expect(cache.stats).toMatchObject({ bytes: 3, evictions: 2 });
  });

  it('waits for leases and loads, and reports what is still held as the budget', async () => {
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

  it('cancels prefetches in flight rather than wait for them', async () => {
    const { cache, latest } = manual(3);
    const flying = cache.prefetch('flying2');
    const resized = cache.resize(1);
    await expect(flying).rejects.toThrow('room');
    expect(await state(resized)).toBe('pending');
    await latest('flying2').fail(new Error('aborted'));
    await resized;
  });

  it('turns away who waits for more than there will ever be, and serves who now fits', async () => {
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
  it('clear evicts all that is idle, prefetches in flight too, and leaves the rest', async () => {
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

  it('dispose ends everything, and waits for leases and for loaders to let go', async () => {
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

  it('is in order for whoever calls back from within', async () => {
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

describe('idle', () => {
  /** Whether a promise has settled by now. */
  async function isSettled(promise: Promise<void>): Promise<boolean> {
    let done = false;
    void promise.then(() => (done = true));
    await settled();
    return done;
  }

  it('resolves at once when no access waits for a load of its own, prefetches or not', async () => {
    const { cache, latest, bring } = manual(4);
    expect(await isSettled(cache.idle())).toBe(true);
    await bring('a');
    void cache.prefetch('b');
    const late = cache.acquire('b');
    expect(await isSettled(cache.idle())).toBe(true);
    await latest('b').finish();
    (await late).release();
  });

  it('waits for loads that accesses began, and for those that wait for room', async () => {
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

  it('ends with the last load however that ends: by failure, abort and dispose', async () => {
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
