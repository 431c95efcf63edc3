// Tests of the simulator: times worked out by hand, the same result every time, and rules that no run may violate.
import { belady, lru, pinned } from '@rondo/cache';
import { async, none, sync } from '@rondo/prefetch';
import { describe, expect, it } from 'vitest';
import { countHits } from './count-hits.ts';
import { patterns } from './patterns.ts';
import { simulateProduct, SIZES } from './product.ts';
import { simulate, type Simulation, type SimulationEvent } from './simulate.ts';
import { nameOf, policies, prefetchers } from './strategies.ts';
import { intervalsOf } from './timeline.ts';

/** Reading takes 10 ms, one read at a time; computing 4 ms. */
const machine = { disk: { bytesPerSecond: 1000, inFlight: 1 }, entryBytes: 10, computeMs: 4 };
const twoRounds = { trace: [0, 1, 2, 0, 1, 2], keys: 3, slots: 2, machine };

describe('three layers, room for two, two rounds: exact times', () => {
  it('simulated lru without prefetch: every access reads, then computes', async () => {
    const { timeMs, cache } = await simulate({ ...twoRounds, policy: lru(), prefetch: none() });
    expect(timeMs).toBe(6 * (10 + 4));
    expect(cache).toMatchObject({ hits: 0, lateHits: 0, misses: 6, stallMs: 60, bytesLoaded: 60 });
  });

  it('simulated belady without prefetch: two hits', async () => {
    const policy = belady(twoRounds.trace);
    const { timeMs, cache } = await simulate({ ...twoRounds, policy, prefetch: none() });
    expect(timeMs).toBe(4 * 10 + 6 * 4);
    expect(cache).toMatchObject({ hits: 2, misses: 4 });
  });

  it('simulated lru with async: the disk is never idle, and the processor waits for it', async () => {
    const events: SimulationEvent[] = [];
    const run = { ...twoRounds, policy: lru<number>(), prefetch: async() };
    const { timeMs, cache, prefetch } = await simulate({ ...run, onEvent: (event) => events.push(event) });
    // 1 is prefetched before 0 is requested, so 0 arrives at 20 ms and is computed until 24 ms. Then 2 is read until 34
    // ms; each later entry arrives 10 ms after the previous one and is computed 4 ms later: 38, 48, 58, 68 ms.
    expect(timeMs).toBe(68);
    expect(cache).toMatchObject({ hits: 1, lateHits: 4, misses: 1, stallMs: 20 + 4 * 6 });
    expect(prefetch).toMatchObject({ useful: 1, late: 4, wasted: 1 });
    const intervals = intervalsOf(events).map(({ work, key, startMs, endMs }) => [work, key, startMs, endMs]);
    expect(intervals).toEqual(
      [
        ['read ahead', 1, 0, 10],
        ['read on demand', 0, 0, 20],
        ['computing', 0, 20, 24],
        ['read ahead', 2, 24, 34],
        ['computing', 1, 24, 28],
        ['read ahead', 0, 34, 44],
        ['computing', 2, 34, 38],
        ['read ahead', 1, 44, 54],
        ['computing', 0, 44, 48],
        ['read ahead', 2, 54, 64],
        ['computing', 1, 54, 58],
        ['computing', 2, 64, 68],
      ].toSorted((a, b) => Number(a[3]) - Number(b[3])),
    );
  });

  it('simulated with room for all: only computing waits for computing', async () => {
    const { timeMs, cache } = await simulate({ ...twoRounds, slots: 3, policy: lru(), prefetch: none() });
    // All entries are present at 30 ms, when the computation of 2 begins; the second round is computed right after it.
    expect(timeMs).toBe(30 + 4 + 3 * 4);
    expect(cache).toMatchObject({ hits: 3, misses: 3 });
  });

  it('simulated lru with sync: hits, and one more read than without prefetch', async () => {
    const { timeMs, cache } = await simulate({ ...twoRounds, policy: lru(), prefetch: sync() });
    expect(timeMs).toBe(7 * 10 + 6 * 4);
    expect(cache).toMatchObject({ hits: 5, misses: 1, stallMs: 10 });
  });
});

it('the simulator gives the same result every time, event by event', async () => {
  const experts = patterns.find(({ name }) => name === 'experts');
  const once = async (prefetch: Simulation['prefetch']) => {
    const events: SimulationEvent[] = [];
    const trace = experts?.trace(2000) ?? [];
    const policy = pinned<number>();
    const disk = { bytesPerSecond: 1.8e9, latencyMs: 0.1, inFlight: 2 };
    const onEvent = (event: SimulationEvent): unknown => events.push(event);
    const result = await simulate({
      trace,
      keys: 32,
      slots: 8,
      policy,
      prefetch,
      machine: { disk, entryBytes: 18e6, computeMs: 7 },
      onEvent,
    });
    return { result, events };
  };
  for (const { create } of prefetchers) {
    const first = await once(create());
    expect(first.events.length).toBeGreaterThan(4000);
    expect(await once(create())).toEqual(first);
  }
});

it('the simulator reports a run in which everything waits', async () => {
  const disk = { bytesPerSecond: 1000, inFlight: 0 };
  const run = { ...twoRounds, machine: { ...machine, disk }, policy: lru<number>(), prefetch: none() };
  await expect(simulate(run)).rejects.toThrow('Nothing is left to happen at 0 ms');
});

describe('the whole product', () => {
  it('all simulated combinations conserve their counts, and none beats the limits', async () => {
    const accesses = 160;
    const cells = await simulateProduct(accesses);
    expect(cells).toHaveLength(13 * policies.length * SIZES.length * prefetchers.length);
    const broken = cells.filter(
      (cell) =>
        cell.hits + cell.lateHits + cell.misses !== accesses ||
        cell.useful + cell.late + cell.wasted !== cell.prefetches ||
        // The reads cover all misses, and no run reads less than the optimum misses.
        cell.loads < cell.misses ||
        cell.loads < accesses - cell.optimumHits ||
        cell.timeMs < cell.limitMs - 1e-6 ||
        cell.stallMs > cell.idleMs + 1e-6 ||
        cell.evictions > cell.loads ||
        (cell.prefetch === 'none' && (cell.prefetches > 0 || cell.hits > cell.optimumHits)),
    );
    expect(broken).toEqual([]);
  });

  it('simulated hits without prefetch equal the hits that counting without time gives', async () => {
    const [nothing] = prefetchers;
    expect(nothing && nameOf(nothing)).toBe('none');
    for (const pattern of patterns) {
      const trace = pattern.trace(1500);
      const keys = pattern.keys(1500);
      for (const policy of policies) {
        for (const slots of [4, 16]) {
          const prefetch = none();
          const { cache } = await simulate({
            trace,
            keys,
            slots,
            machine,
            policy: policy.create(trace),
            prefetch,
          });
          const counted = countHits(trace, keys, slots, policy.create(trace));
          expect([pattern.name, policy.name, slots, cache.hits]).toEqual([
            pattern.name,
            policy.name,
            slots,
            counted,
          ]);
        }
      }
    }
  });
});
