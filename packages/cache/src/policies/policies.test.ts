import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { beladyHits } from '../belady.ts';
import { cachePolicyConformance } from '../conformance.ts';
import type { CachePolicy } from '../types.ts';
import { lfu } from './lfu.ts';
import { lru } from './lru.ts';
import { pinned } from './pinned.ts';
import { protectedLru } from './protected-lru.ts';
import { cachePolicies } from './registry.ts';
import { roundLfu } from './round-lfu.ts';

/** Each policy by its name; a policy that needs the future gets an empty future. */
const policies: Record<string, <K>() => CachePolicy<K>> = Object.fromEntries(
  Object.entries(cachePolicies).map(([name, { create }]) => [name, <K>() => create<K>([])]),
);

const conforming: Record<string, <K>() => CachePolicy<K>> = {
  ...policies,
  'pinned, steady': () => pinned({ steady: true }),
  'lfu, forgetting at once': () => lfu({ halfLife: 0.5 }),
  'roundLfu, forgetting at once': () => roundLfu({ halfLife: 0.5 }),
  'protectedLru, protecting nothing': () => protectedLru({ window: 0 }),
  'protectedLru, for ever': () => protectedLru({ window: Infinity }),
};

it.each(Object.entries(cachePolicies))('%s is listed under the name that it reports', (name, { create }) => {
  expect(create([]).name).toBe(name);
});

it('the README has a row for every cache policy', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(Object.keys(cachePolicies)));
});

for (const [name, make] of Object.entries(conforming)) {
  describe(`${name} conforms`, () => {
    for (const each of cachePolicyConformance) it(each.name, () => each.run(make));
  });
}

/** Hits of a policy on a trace of entries of one size, with room for `room` entries. */
function replay(trace: readonly number[], room: number, policy: CachePolicy<number>): number {
  const present = new Set<number>();
  let hits = 0;
  for (const key of trace) {
    if (present.has(key)) hits += 1;
    else {
      if (present.size === room) {
        const victim = policy.victim(() => true);
        if (victim === undefined) throw new Error('no victim');
        present.delete(victim);
        policy.removed(victim);
      }
      present.add(key);
      policy.added(key, 1, 'demand');
    }
    policy.used(key);
  }
  return hits;
}

const round = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index);
const rounds = (count: number, length: number): number[] =>
  Array.from({ length: count }, () => round(length)).flat();

describe('a loop of 32 equal entries', () => {
  for (const room of [4, 8, 12, 16, 24]) {
    it(`on a loop of 32 entries with room for ${room}, pinned and roundLfu reach the optimum and lru has no hit`, () => {
      const trace = rounds(400, 32);
      const optimum = (room - 1) / 31;
      expect(replay(trace, room, pinned()) / trace.length).toBeCloseTo(optimum, 2);
      expect(replay(trace, room, roundLfu())).toBe(replay(trace, room, pinned()));
      expect(Math.abs(beladyHits(trace, () => 1, room).hitRate - optimum)).toBeLessThan(0.01);
      expect(replay(trace, room, lru())).toBe(0);
    });
  }

  it('on a loop, pinned does as well as the oracle from the first access on', () => {
    for (const count of [1, 2, 3]) {
      const trace = rounds(count, 32);
      expect(replay(trace, 16, pinned())).toBe(beladyHits(trace, () => 1, 16).hits);
    }
  });

  it('pinned and lru keep everything when everything fits', () => {
    const trace = rounds(10, 32);
    expect(replay(trace, 32, pinned())).toBe(9 * 32);
    expect(replay(trace, 32, lru())).toBe(9 * 32);
  });
});

describe('pinned, steady', () => {
  /** The entries present after each of `rounds` rounds over 32 keys, and the hits of each round. */
  function rounds(policy: CachePolicy<number>, present: Set<number>, rooms: readonly number[]) {
    for (const key of present) policy.added(key, 1, 'demand');
    return rooms.map((room) => {
      let hits = 0;
      for (let key = 0; key < 32; key++) {
        if (present.has(key)) hits += 1;
        else {
          while (present.size >= room) {
            const victim = policy.victim(() => true);
            if (victim === undefined) throw new Error('No victim.');
            present.delete(victim);
            policy.removed(victim);
          }
          present.add(key);
          policy.added(key, 1, 'demand');
        }
        policy.used(key);
      }
      return { hits, present: new Set(present) };
    });
  }
  const even = () => new Set(Array.from({ length: 16 }, (_, index) => 2 * index));

  it('steady pinned keeps the same entries for good, except one place through which the others pass', () => {
    const after = rounds(pinned({ steady: true }), even(), Array<number>(6).fill(16));
    for (const { hits, present } of after.slice(1)) {
      expect(hits).toBe(15);
      expect([...present].filter((key) => key % 2 === 0)).toHaveLength(15);
    }
    const moving = rounds(pinned(), even(), Array<number>(6).fill(16));
    expect(moving.at(-1)?.present).not.toEqual(moving.at(-2)?.present);
    expect(after.at(-1)?.present).toEqual(after.at(-2)?.present);
  });

  it('steady pinned keeps more entries with more room, and fewer with less', () => {
    const rooms = [16, 16, 24, 24, 24, 10, 10, 10];
    const after = rounds(pinned({ steady: true }), even(), rooms);
    expect(after.map(({ hits }) => hits).slice(3, 5)).toEqual([23, 23]);
    expect(after.map(({ hits }) => hits).slice(6)).toEqual([9, 9]);
    expect(after.at(-1)?.present).toEqual(after.at(-2)?.present);
  });
});

describe('pinned, when the loop is not perfect', () => {
  it('pinned stays near the oracle when rounds restart in the middle', () => {
    const trace = Array.from({ length: 300 }, (_, index) =>
      round(index % 5 === 0 ? (index * 7) % 32 : 32),
    ).flat();
    const oracle = beladyHits(trace, () => 1, 16).hits;
    expect(replay(trace, 16, pinned()) / oracle).toBeGreaterThan(0.95);
  });

  it('pinned evicts the entries of a loop that is over', () => {
    const policy = pinned<number>();
    const trace = [...rounds(20, 32), ...Array.from({ length: 40 }, () => round(32, 100)).flat()];
    const withoutThePast = replay(trace.slice(20 * 32), 16, pinned());
    const withThePast = replay(trace, 16, policy) - replay(trace.slice(0, 20 * 32), 16, pinned());
    // Two rounds pass until the old entries are evicted, and one round fills their room.
    expect(withThePast).toBeGreaterThan(withoutThePast - 4 * 16);
  });

  it('pinned is not misled by a key that returns within the round', () => {
    const onceMore = Array.from({ length: 200 }, () => [99, ...round(32), 99, 99]).flat();
    const manyTimes = Array.from({ length: 200 }, () => [
      ...round(16),
      ...Array(90).fill(99),
      ...round(16, 16),
    ]).flat();
    for (const trace of [onceMore, manyTimes]) {
      const oracle = beladyHits(trace, () => 1, 16).hits;
      expect(replay(trace, 16, pinned()) / oracle).toBeGreaterThan(0.99);
    }
  });

  it('pinned evicts prefetched, unused entries only when nothing else is left', () => {
    const policy = pinned<string>();
    for (const key of ['a', 'b']) {
      policy.added(key, 1, 'demand');
      policy.used(key);
    }
    policy.added('soon', 1, 'prefetch');
    policy.added('later', 1, 'prefetch');
    const order: (string | undefined)[] = [];
    for (let count = 0; count < 4; count += 1) {
      const victim = policy.victim(() => true);
      order.push(victim);
      if (victim !== undefined) policy.removed(victim);
    }
    expect(order).toEqual(['b', 'a', 'later', 'soon']);
  });
});

const sizeOf = (key: number): number => 1 + (key % 4);

const slow = (trace: readonly number[], budget: number): number => {
  const present = new Set<number>();
  let hits = 0;
  trace.forEach((key, position) => {
    if (present.has(key)) {
      hits += 1;
      return;
    }
    const held = (): number => [...present].reduce((sum, each) => sum + sizeOf(each), 0);
    while (held() + sizeOf(key) > budget) {
      const next = (each: number): number => {
        const use = trace.indexOf(each, position);
        // Among entries never used again, the entry used last leaves first, as in the fast version.
        return use === -1 ? trace.length + trace.lastIndexOf(each, position) : use;
      };
      present.delete([...present].reduce((a, b) => (next(a) > next(b) ? a : b)));
    }
    present.add(key);
  });
  return hits;
};

describe('the oracle', () => {
  it('beladyHits gives the textbook counts', () => {
    // The reference string and the 3 frames of Belady's anomaly: 9 faults by FIFO, 7 by MIN.
    expect(beladyHits([1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5], () => 1, 3)).toEqual({
      hits: 5,
      misses: 7,
      accesses: 12,
      hitRate: 5 / 12,
    });
    expect(beladyHits([], () => 1, 3).hitRate).toBe(0);
  });

  it('no policy beats beladyHits on random traces', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (trace, room) => {
        const { hits, misses, accesses } = beladyHits(trace, () => 1, room);
        expect(hits + misses).toBe(accesses);
        for (const make of Object.values(policies)) {
          expect(replay(trace, room, make())).toBeLessThanOrEqual(hits);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('beladyHits agrees with the slow definition for unequal sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(12), { maxLength: 80 }),
        fc.integer({ min: 4, max: 16 }),
        (trace, budget) => {
          expect(beladyHits(trace, sizeOf, budget).hits).toBe(slow(trace, budget));
        },
      ),
    );
  });

  it('beladyHits counts half a million accesses of a hundred thousand entries', () => {
    // A search through all residents for each miss would take 10^10 steps, and the test would time out.
    const { hitRate } = beladyHits(rounds(5, 100_000), () => 1, 50_000);
    // The first round has no hits; each later round has C - 1 hits in N - 1 accesses.
    expect(hitRate).toBeCloseTo((0.8 * 49_999) / 99_999, 2);
  });

  it('beladyHits names the entry that is larger than the budget', () => {
    expect(() => beladyHits(['big'], () => 9, 8)).toThrow(
      expect.objectContaining({ code: 'BUDGET_TOO_SMALL', message: expect.stringMatching(/big.*9 bytes/s) }),
    );
  });
});
