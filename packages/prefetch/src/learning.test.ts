import { describe, expect, it } from 'vitest';
import { createCache, pinned } from '@rondo/cache';
import { fetchAhead } from './fetch-ahead.ts';
import { lookahead, type Lookahead } from './lookahead.ts';
import { orderModel } from './order-model.ts';
import { successors } from './successors.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

describe('successors', () => {
  it('successors follow a changed order after a few repetitions, however long the old order lasted', () => {
    const learned = successors();
    for (let time = 0; time < 500; time += 1) learned.learn([1, 2], 3);
    expect(learned.after([1, 2], 2)).toMatchObject({ symbol: 3, share: 1 });
    for (let time = 0; time < 8; time += 1) learned.learn([1, 2], 4);
    expect(learned.after([1, 2], 2)?.symbol).toBe(4);
    expect(learned.after([7, 2], 1)?.symbol).toBe(4);
    expect(learned.after([7, 2], 2)).toBeUndefined();
  });

  it('successors keep the most frequent of many keys', () => {
    const learned = successors();
    for (let time = 0; time < 200; time += 1) learned.learn([1], time % 2 === 0 ? 5 : 100 + time);
    expect(learned.after([1], 1)?.symbol).toBe(5);
  });
});

describe('the order model', () => {
  it('the order model gives a path the confidence of all its steps together', () => {
    const model = orderModel<string>({ next: () => [] }, 8);
    let state = 5;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const keys = range(12).map((index) => `expert ${index}`);
    let at = 0;
    for (let step = 0; step < 5000; step += 1) {
      at = random() < 0.8 ? (at + 5) % 12 : Math.floor(random() * 12);
      model.observe(keys[at] ?? '');
    }
    const path = model.ahead(8, 0.1);
    expect(path.slice(0, 3).map(({ key }) => key)).toEqual([5, 10, 15].map((step) => keys[(at + step) % 12]));
    for (const [index, { confidence }] of path.entries()) {
      expect(Math.abs(confidence - 0.82 ** (index + 1))).toBeLessThan(0.15);
    }
    expect(model.ahead(8, 0.6).length).toBeLessThan(4);
    expect(model.ahead(8, 0.99)).toEqual([]);
  });
});

describe('the distance', () => {
  const times = (count: number, act: () => void): void => range(count).forEach(act);

  /** A window of eight late outcomes; the line is idle at every other key, or never. */
  const lateAndIdle = (reach: Lookahead): void =>
    times(8, () => {
      reach.observed(true);
      reach.observed(false);
      reach.ended('late', 0);
    });
  const lateAndBusy = (reach: Lookahead): void =>
    times(8, () => {
      reach.observed(false);
      reach.ended('late', 0);
    });

  it('the distance rises while prefetches are late and the line is idle at other times', () => {
    const reach = lookahead(3);
    for (const expected of [2, 3, 3]) {
      lateAndIdle(reach);
      expect(reach.distance).toBe(expected);
    }
  });

  it('the distance stays if the line is never idle, and if every prefetch is just in time', () => {
    const reach = lookahead(8);
    lateAndBusy(reach);
    expect(reach.distance).toBe(1);
    lateAndIdle(reach);
    lateAndBusy(reach);
    times(80, () => reach.ended('useful', 1));
    expect(reach.distance).toBe(2);
  });

  it('the distance falls when prefetches are wasted, too early or refused, but not below 1', () => {
    for (const act of [
      // Three of eight are wasted, the others are just in time.
      (reach: Lookahead) =>
        range(8).forEach((each) => reach.ended(each < 3 ? 'wasted' : 'useful', each < 3 ? 0 : 1)),
      (reach: Lookahead) => range(8).forEach(() => reach.ended('useful', 2)),
      (reach: Lookahead) => reach.refused(),
    ]) {
      const reach = lookahead(8);
      lateAndIdle(reach);
      expect(reach.distance).toBe(2);
      act(reach);
      expect(reach.distance).toBe(1);
      act(reach);
      expect(reach.distance).toBe(1);
    }
  });

  it('the distance waits longer each time after a rise that found no room', () => {
    const reach = lookahead(8);
    for (const windows of [4, 8]) {
      lateAndIdle(reach);
      expect(reach.distance).toBe(2);
      reach.refused();
      times(windows - 1, () => lateAndIdle(reach));
      expect(reach.distance).toBe(1);
    }
  });
});

describe('accesses go first', () => {
  function manual() {
    const loads = new Map<number, () => Promise<void>>();
    const begun: number[] = [];
    const cache = createCache<number, number>({
      budgetBytes: 8,
      policy: pinned<number>(),
      sizeOf: () => 1,
      load(key) {
        begun.push(key);
        return new Promise((resolve) => {
          loads.set(key, () => {
            resolve(key);
            return settled();
          });
        });
      },
    });
    const ahead = fetchAhead<number>(
      { cache, next: () => [] },
      { concurrency: 1, bytesInFlight: Infinity, distance: () => 8, demandFirst: true },
    );
    return { cache, ahead, begun, finish: (key: number) => loads.get(key)?.() };
  }

  it('a prefetch that ends does not begin the next while an access waits for its own load', async () => {
    const { cache, ahead, begun, finish } = manual();
    ahead.aim([0, 1, 2, 3]);
    await settled();
    expect(begun).toEqual([1]);
    ahead.aim([9, 1, 2, 3]);
    const access = cache.acquire(9);
    await settled();
    await finish(1);
    expect(begun).toEqual([1, 9]);
    await finish(9);
    expect(begun).toEqual([1, 9, 2]);
    (await access).release();
    await ahead.stop().catch(() => undefined);
  });

  it('a prefetch that was about to begin for the previous key does not overtake the access', async () => {
    const { cache, ahead, begun, finish } = manual();
    const held = cache.acquire(0);
    await finish(0);
    (await held).release();
    ahead.aim([0, 1, 2]);
    ahead.aim([5, 6, 7]);
    // The access comes a little later, as after an awaited `observe`.
    await undefined;
    await undefined;
    await undefined;
    const access = cache.acquire(5);
    await settled();
    expect(begun).toEqual([0, 5]);
    await finish(5);
    expect(begun).toEqual([0, 5, 6]);
    (await access).release();
  });
});
