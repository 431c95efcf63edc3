// Limits on times, in virtual time: a disk that serves one load after another, computation between the accesses, and a
// clock that the test advances. No test here waits for real time.
import { describe, expect, it } from 'vitest';
import { createCache, lru, pinned, type CacheEvent, type CachePolicy, type CacheStats } from '@rondo/cache';
import {
  async as asyncPrefetch,
  loopOrder,
  none,
  predictive,
  sync,
  type PredictivePrefetcher,
  type PrefetchContext,
  type Prefetcher,
  type PrefetchStats,
  type PrefetchStrategy,
} from './index.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** A clock that advances when no more work is possible at the present instant. */
function virtualClock() {
  let nowMs = 0;
  const timers: { readonly atMs: number; ring(): void }[] = [];
  return {
    now: () => nowMs,
    at(atMs: number): Promise<void> {
      return new Promise((resolve) => {
        timers.push({ atMs, ring: resolve });
      });
    },
    /** Advances from timer to timer, in order, until `done` has settled. */
    async run<T>(done: Promise<T>): Promise<T> {
      let isDone = false;
      const finish = done.finally(() => (isDone = true));
      finish.catch(() => undefined);
      for (;;) {
        await settled();
        if (isDone) return finish;
        const next = timers.reduce(
          (a, b) => (b.atMs < a.atMs ? b : a),
          timers[0] ?? { atMs: NaN, ring() {} },
        );
        if (Number.isNaN(next.atMs)) throw new Error('Everyone waits and nothing will happen.');
        timers.splice(timers.indexOf(next), 1);
        nowMs = next.atMs;
        next.ring();
      }
    },
  };
}

interface Run {
  readonly trace: readonly number[];
  readonly room: number;
  readonly strategy: PrefetchStrategy;
  readonly policy?: CachePolicy<number>;
  /** Time of one load; by default the disk serves them one after another. */
  readonly loadMs?: number | ((step: number) => number);
  readonly isParallel?: boolean;
  readonly computeMs?: number;
  readonly next?: PrefetchContext<number>['next'];
  readonly sizeOf?: (key: number) => number | undefined;
  /** Accesses before the counting begins. */
  readonly warmUp?: number;
  onStep?(step: number, prefetcher: Prefetcher<number>): void;
  onEvent?(event: CacheEvent<number>): void;
}

interface Outcome extends CacheStats {
  readonly totalMs: number;
  readonly prefetch: PrefetchStats;
}

/** Runs a trace: observe, acquire, compute, release, for each key. */
async function run({
  trace,
  room,
  strategy,
  policy = pinned<number>(),
  loadMs = 10,
  isParallel = false,
  computeMs = 10,
  next = () => [],
  sizeOf,
  warmUp = 0,
  onStep,
  onEvent,
}: Run): Promise<Outcome> {
  const clock = virtualClock();
  let diskFreeAtMs = 0;
  let step = 0;
  const cache = createCache<number, number>({
    budgetBytes: room,
    policy,
    sizeOf: () => 1,
    now: clock.now,
    async load(key, signal) {
      // Loads run in the order of their requests. A load that is cancelled before its turn takes no time.
      if (!isParallel) while (clock.now() < diskFreeAtMs) await clock.at(diskFreeAtMs);
      signal.throwIfAborted();
      diskFreeAtMs = clock.now() + (typeof loadMs === 'number' ? loadMs : loadMs(step));
      await clock.at(diskFreeAtMs);
      return key;
    },
    onEvent: (event) => onEvent?.(event),
  });
  const prefetcher = strategy<number>({ cache, next, ...(sizeOf && { sizeOf }) });
  const work = async (): Promise<Outcome> => {
    let startedMs = 0;
    for (const key of trace) {
      if (step === warmUp) {
        cache.resetStats();
        startedMs = clock.now();
      }
      await prefetcher.observe(key);
      const lease = await cache.acquire(key);
      await clock.at(clock.now() + computeMs);
      lease.release();
      onStep?.(step, prefetcher);
      step += 1;
    }
    const totalMs = clock.now() - startedMs;
    await prefetcher.stop();
    return { ...cache.stats, totalMs, prefetch: prefetcher.stats };
  };
  return clock.run(work());
}

/** Lehmer's generator: the same numbers on every machine. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return Math.floor((state / 2147483647) * below);
  };
}

const loop = (rounds: number): number[] => range(32 * rounds).map((step) => step % 32);
const backAndForth = (accesses: number): number[] =>
  range(accesses).map((step) => (Math.floor(step / 3) + (step % 3)) % 32);
const randomly = (accesses: number): number[] => {
  const random = randomNumbers(3);
  return range(accesses).map(() => random(32));
};
const given = loopOrder(range(32));
const nothing = (): number[] => [];
const hitRate = ({ hits, accesses }: CacheStats): number => hits / accesses;

describe('the simulation', () => {
  it('the simulation gives known results', async () => {
    const { totalMs, stallMs, misses } = await run({ trace: loop(1), room: 4, strategy: none() });
    expect({ totalMs, stallMs, misses }).toEqual({ totalMs: 640, stallMs: 320, misses: 32 });
    const inTime = await run({
      trace: loop(1),
      room: 4,
      strategy: asyncPrefetch({ distance: 1 }),
      next: given,
    });
    // The first load is waited for, and the second load is on the disk before it, because `async` does not let an access
    // go first.
    expect(inTime.totalMs).toBe(320 + 20);
  });
});

describe('predictive on a loop', () => {
  for (const room of [4, 8, 16, 24]) {
    for (const [name, next] of Object.entries({ 'told the order': given, 'told nothing': nothing })) {
      it(`a loop with room for ${room}, ${name}: predictive hides 95% of the load time that can be hidden`, async () => {
        // Without a given order, no strategy can hide the loads of the first round.
        const same = { trace: loop(40), room, warmUp: next === nothing ? 32 : 0 };
        const without = await run({ ...same, strategy: none() });
        const { totalMs, stallMs, prefetch } = await run({ ...same, strategy: predictive(), next });
        // Loads take as long as the computation, so every load can be hidden.
        expect(stallMs / without.stallMs).toBeLessThan(0.05);
        expect((without.totalMs - totalMs) / without.stallMs).toBeGreaterThan(0.95);
        expect(prefetch.wasted / prefetch.issued).toBeLessThan(0.02);
      });
    }
  }

  it('predictive on a loop with loads three times as long as the computation is within 5% of async at its best distance, learning included', async () => {
    for (const room of [8, 16, 24]) {
      const same = { trace: loop(40), room, loadMs: 30, next: given };
      const distances = [1, 2, 4, 6];
      const others = distances.map((distance) => run({ ...same, strategy: asyncPrefetch({ distance }) }));
      const best = Math.min(...(await Promise.all(others)).map(({ totalMs }) => totalMs));
      const { totalMs } = await run({ ...same, strategy: predictive() });
      expect(totalMs).toBeLessThan(best * 1.05);
    }
  });

  it('predictive on a loop with loads ten times as long keeps its distance, because the line is never idle', async () => {
    let distances = 0;
    await run({
      trace: loop(40),
      room: 4,
      loadMs: 100,
      next: given,
      strategy: predictive(),
      onStep: (_step, prefetcher) =>
        (distances += (prefetcher as PredictivePrefetcher<number>).state.distance),
    });
    expect(distances / (32 * 40)).toBeLessThan(2);
  });

  it('predictive raises its distance if that hides latency, and lowers it when loads become fast', async () => {
    const distance: number[] = [];
    const early = 32 * 40;
    const { prefetch } = await run({
      trace: loop(80),
      room: 16,
      // As over a network: slow, but parallel.
      isParallel: true,
      loadMs: (step) => (step < early ? 35 : 2),
      next: given,
      strategy: predictive({ concurrency: 8 }),
      onStep: (_step, prefetcher) =>
        distance.push((prefetcher as PredictivePrefetcher<number>).state.distance),
    });
    expect(distance[0]).toBe(1);
    expect(distance[early - 1]).toBeGreaterThanOrEqual(4);
    expect(distance.at(-1)).toBe(1);
    expect(prefetch.late / prefetch.issued).toBeLessThan(0.1);
  });
});

describe('predictive on back-and-forth, 8 of 32', () => {
  for (const [name, next] of Object.entries({
    'told an order that is wrong': given,
    'told nothing': nothing,
  })) {
    for (const makePolicy of [pinned, lru]) {
      for (const loadMs of [10, 5]) {
        it(`predictive on back-and-forth, ${name}, ${makePolicy.name}, loads of ${loadMs} ms beside 10 of computing: over 90% hits`, async () => {
          const same = { trace: backAndForth(96 * 20), room: 8, loadMs, next, warmUp: 96 };
          const outcome = await run({ ...same, policy: makePolicy<number>(), strategy: predictive() });
          expect(hitRate(outcome)).toBeGreaterThan(0.9);
          expect(outcome.prefetch.wasted / outcome.prefetch.issued).toBeLessThan(0.05);
        });
      }
    }
  }

  it('predictive prefetches back-and-forth access from the first time if sizeOf knows unused keys', async () => {
    const sizeOf = (key: number): number | undefined => (key >= 0 && key < 1000 ? 1 : undefined);
    const trace = range(900).map((step) => Math.floor(step / 3) + (step % 3));
    const outcome = await run({ trace, room: 8, strategy: predictive(), sizeOf });
    expect(hitRate(outcome)).toBeGreaterThan(0.9);
  });
});

describe('predictive elsewhere', () => {
  it('predictive fetches almost nothing and costs almost no time on random access', async () => {
    const same = { trace: randomly(6000), room: 16 };
    const without = await run({ ...same, strategy: none() });
    const outcome = await run({ ...same, strategy: predictive() });
    expect(outcome.prefetch.issued / outcome.accesses).toBeLessThan(0.03);
    expect(outcome.totalMs).toBeLessThan(without.totalMs * 1.01);
  });

  it('predictive stops trusting a given order on random access', async () => {
    const outcome = await run({ trace: randomly(6000), room: 16, strategy: predictive(), next: given });
    expect(outcome.prefetch.issued / outcome.accesses).toBeLessThan(0.03);
  });

  it('predictive follows a scan by strides of 3 to its end and not beyond', async () => {
    const loaded: number[] = [];
    const outcome = await run({
      trace: range(300).map((step) => 3 * step),
      room: 4,
      strategy: predictive(),
      sizeOf: (key) => (key < 900 ? 1 : undefined),
      onEvent: (event) => event.type === 'load' && loaded.push(event.key),
    });
    expect(hitRate(outcome)).toBeGreaterThan(0.95);
    expect(Math.max(...loaded)).toBe(897);
    expect(loaded.every((key) => key % 3 === 0)).toBe(true);
  });

  it('predictive without sizeOf never asks for a key that may not exist', async () => {
    const outcome = await run({ trace: range(300), room: 4, strategy: predictive() });
    expect(outcome.prefetch.issued).toBe(0);
  });

  it('predictive learns which expert mostly follows which', async () => {
    const random = randomNumbers(8);
    // In nine of ten cases, the next expert is the most frequent successor of the previous expert.
    const trace = range(6000);
    for (const step of trace) {
      const before = trace[step - 1] ?? 0;
      trace[step] = random(10) > 0 ? (before * 11 + 5) % 32 : random(32);
    }
    const same = { trace, room: 8, policy: lru<number>(), warmUp: 1000 };
    const without = await run({ ...same, strategy: none() });
    const outcome = await run({ ...same, policy: lru<number>(), strategy: predictive() });
    expect(outcome.stallMs / without.stallMs).toBeLessThan(0.3);
    expect(outcome.prefetch.wasted / outcome.prefetch.issued).toBeLessThan(0.25);
  });

  it('predictive forgets a changed order within a few rounds', async () => {
    const other = range(32).map((step) => (step * 5) % 32);
    const trace = [...loop(20), ...range(32 * 20).map((step) => other[step % 32] ?? 0)];
    const outcome = await run({ trace, room: 16, strategy: predictive(), warmUp: 32 * 26 });
    expect(hitRate(outcome)).toBeGreaterThan(0.95);
  });

  it('predictive begins no prefetch while an access waits for its own load', async () => {
    const demanded = new Set<number>();
    const broken: string[] = [];
    await run({
      trace: [...randomly(500), ...loop(5), ...backAndForth(300)],
      room: 6,
      strategy: predictive({ concurrency: 3, confidence: 0.3 }),
      next: given,
      onEvent(event) {
        if (event.type !== 'load') demanded.delete(event.key);
        else if (event.origin === 'demand') demanded.add(event.key);
        else if (demanded.size > 0) broken.push(`${event.key} while ${[...demanded].join()} was waited for`);
      },
    });
    expect(broken).toEqual([]);
  });
});

describe('sync', () => {
  for (const [loadMs, computeMs] of [
    [10, 10],
    [30, 10],
    [3, 10],
  ] as const) {
    it(`sync with loads of ${loadMs} ms, computing ${computeMs} ms: never faster than none on a sequential scan`, async () => {
      const next = loopOrder(range(2000));
      for (const room of [4, 16]) {
        for (const distance of [1, 2, 4]) {
          const same = { trace: range(300), room, loadMs, computeMs, next };
          const without = await run({ ...same, strategy: none() });
          const outcome = await run({ ...same, strategy: sync({ distance }) });
          expect(outcome.totalMs).toBeGreaterThanOrEqual(without.totalMs);
          // Nevertheless its hit rate is high if there is room for the entries that it fetches.
          expect(hitRate(outcome)).toBeGreaterThan(0.99 - 1 / 100);
        }
      }
    });
  }
});
