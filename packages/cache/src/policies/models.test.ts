// Compares each policy with a naive model of its documentation, over random histories: entries of unequal sizes, loaded
// on demand or by prefetch, some of them in use. If the model allows several victims, each of them is right.
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { CachePolicy } from '../types.ts';
import { adaptive } from './adaptive.ts';
import { belady } from './belady.ts';
import { keyMemory } from './key-memory.ts';
import { lfu } from './lfu.ts';
import { lru } from './lru.ts';
import { pinned } from './pinned.ts';
import { protectedLru } from './protected-lru.ts';
import { roundLfu } from './round-lfu.ts';

interface Entry {
  readonly key: number;
  readonly isPrefetched: boolean;
  /** The number of accesses before the entry came, and before its last use. */
  readonly addedAt: number;
  usedAt: number | undefined;
}

/** All that happened: the uses in order, and the present entries. */
interface World {
  readonly uses: number[];
  readonly present: Map<number, Entry>;
}

/** The entries to evict first among `candidates`, of which there is at least one. */
type Model = (candidates: readonly Entry[], world: World) => readonly Entry[];

function least(entries: readonly Entry[], of: (entry: Entry) => number): readonly Entry[] {
  const smallest = Math.min(...entries.map(of));
  return entries.filter((entry) => of(entry) <= smallest + 1e-9);
}

const touchedAt = ({ usedAt, addedAt }: Entry): number => usedAt ?? addedAt;

const WINDOW = 12;
const HALF_LIFE = 10;

/** How often `key` was used in `uses`; older uses count less. */
function frequency(key: number, uses: readonly number[]): number {
  return uses.reduce(
    (sum, each, at) => sum + (each === key ? 2 ** ((at + 1 - uses.length) / HALF_LIFE) : 0),
    0,
  );
}

/** For each use: the shortest return of any key so far, times 9/8. Two successive uses of a key are no return. */
function roundsOf(uses: readonly number[]): number[] {
  let shortest = Infinity;
  return uses.map((key, at) => {
    const before = uses.lastIndexOf(key, at - 1);
    if (at > 0 && before >= 0 && before < at - 1) shortest = Math.min(shortest, at - before);
    return shortest === Infinity ? Infinity : shortest + Math.floor(shortest / 8);
  });
}

const models: Record<string, { make(): CachePolicy<number>; model: Model }> = {
  lru: { make: lru, model: (candidates) => least(candidates, touchedAt) },
  protectedLru: {
    make: () => protectedLru({ window: WINDOW }),
    model(candidates, { uses }) {
      const isSafe = (entry: Entry): boolean =>
        entry.isPrefetched && entry.usedAt === undefined && uses.length - entry.addedAt < WINDOW;
      const unsafe = candidates.filter((entry) => !isSafe(entry));
      return least(unsafe.length > 0 ? unsafe : candidates, touchedAt);
    },
  },
  lfu: {
    make: () => lfu({ halfLife: HALF_LIFE }),
    model(candidates, { uses, present }) {
      const lastTwo = [...new Set(uses.toReversed())].slice(
        0,
        present.size >= 8 ? 2 : present.size >= 4 ? 1 : 0,
      );
      const others = candidates.filter(({ key }) => !lastTwo.includes(key));
      return least(others.length > 0 ? others : candidates, ({ key, usedAt, addedAt }) => {
        // An entry that was not used since it came counts as used once, when it came.
        if (usedAt === undefined) return 2 ** ((addedAt - uses.length) / HALF_LIFE);
        return frequency(key, uses);
      });
    },
  },
  roundLfu: {
    make: () => roundLfu({ halfLife: HALF_LIFE }),
    model(candidates, { uses }) {
      const rounds = roundsOf(uses);
      const wasPassedOver = (entry: Entry): boolean =>
        rounds.some((round, at) => at + 1 > touchedAt(entry) && at + 1 - touchedAt(entry) >= round);
      const passedOver = candidates.filter(wasPassedOver);
      if (passedOver.length > 0) return least(passedOver, ({ key }) => frequency(key, uses));
      const isSteady = ({ key, usedAt }: Entry): boolean => {
        if (usedAt === undefined) return false;
        const then = uses.slice(0, usedAt);
        const most = Math.max(...then.map((each) => frequency(each, then)));
        return frequency(key, then) >= most * 2 ** -0.5;
      };
      const expected = candidates.filter(({ usedAt }) => usedAt === undefined);
      const steady = candidates.filter(isSteady);
      const occasional = candidates.filter((entry) => !expected.includes(entry) && !steady.includes(entry));
      const group = [occasional, steady, expected].find((entries) => entries.length > 0) ?? [];
      return least(group, (entry) => -touchedAt(entry));
    },
  },
};

const step = fc.record({ key: fc.nat(20), isPrefetched: fc.boolean(), inUse: fc.nat(30) });
const ROOM = 9;

describe('does what its documentation says', () => {
  for (const [name, { make, model }] of Object.entries(models)) {
    it(name, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
          const policy = make();
          const world: World = { uses: [], present: new Map() };
          for (const { key, isPrefetched, inUse } of steps) {
            let entry = world.present.get(key);
            if (entry === undefined) {
              if (world.present.size >= ROOM) {
                const isEvictable = (key: number): boolean => key % 7 !== inUse;
                const candidates = [...world.present.values()].filter(({ key }) => isEvictable(key));
                const victim = policy.victim(isEvictable);
                expect(model(candidates, world).map(({ key }) => key)).toContain(victim);
                world.present.delete(Number(victim));
                policy.removed(Number(victim));
              }
              entry = { key, isPrefetched, addedAt: world.uses.length, usedAt: undefined };
              world.present.set(key, entry);
              policy.added(key, 1, isPrefetched ? 'prefetch' : 'demand');
              if (isPrefetched) continue;
            }
            world.uses.push(key);
            entry.usedAt = world.uses.length;
            policy.used(key);
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it('belady evicts the evictable entry that is needed last, prefetched or not', () => {
    const trace = fc.array(fc.nat(14), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(trace, fc.array(fc.nat(14), { minLength: 80, maxLength: 80 }), (trace, others) => {
        const policy = belady(trace);
        const present = new Set<number>();
        const next = (key: number, from: number): number => {
          const use = trace.indexOf(key, from);
          return use === -1 ? Infinity : use;
        };
        const bring = (key: number, position: number, keep: number, origin: 'demand' | 'prefetch'): void => {
          if (present.size >= 5) {
            const isEvictable = (each: number): boolean => each !== keep;
            const victim = policy.victim(isEvictable);
            const furthest = Math.max(
              ...[...present].filter(isEvictable).map((each) => next(each, position)),
            );
            expect(next(Number(victim), position)).toBe(furthest);
            present.delete(Number(victim));
            policy.removed(Number(victim));
          }
          present.add(key);
          policy.added(key, 1, origin);
        };
        for (const [position, key] of trace.entries()) {
          if (!present.has(key)) bring(key, position, -1, 'demand');
          policy.used(key);
          const other = others[position] ?? 0;
          if (!present.has(other)) bring(other, position + 1, key, 'prefetch');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('belady evicts, among entries that are not needed again, the entry used last', () => {
    const policy = belady(['a', 'b', 'c']);
    for (const key of ['a', 'b', 'c', 'stranger']) {
      policy.added(key, 1, 'demand');
      policy.used(key);
    }
    const victims = ['stranger', 'c', 'b', 'a'].map((expected) => {
      const victim = policy.victim(() => true);
      policy.removed(expected);
      return victim;
    });
    expect(victims).toEqual(['stranger', 'c', 'b', 'a']);
  });

  it('adaptive decides as pinned until another policy is significantly ahead', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [policy, model] = [adaptive<number>(), pinned<number>()];
        const present = new Set<number>();
        for (const { key, isPrefetched, inUse } of steps) {
          if (!present.has(key)) {
            if (present.size >= ROOM) {
              const isEvictable = (key: number): boolean => key % 7 !== inUse;
              const victim = policy.victim(isEvictable);
              expect(victim).toBe(model.victim(isEvictable));
              for (const each of [policy, model]) each.removed(Number(victim));
              present.delete(Number(victim));
            }
            present.add(key);
            for (const each of [policy, model]) each.added(key, 1, isPrefetched ? 'prefetch' : 'demand');
            if (isPrefetched) continue;
          }
          for (const each of [policy, model]) each.used(key);
        }
      }),
    );
  });
});

describe('details', () => {
  it('protectedLru spares a prefetched entry for exactly the accesses of its window', () => {
    for (const [accesses, victim] of [
      [2, 'used'],
      [3, 'prefetched'],
    ] as const) {
      const policy = protectedLru<string>({ window: 3 });
      policy.added('prefetched', 1, 'prefetch');
      policy.added('used', 1, 'demand');
      for (let access = 0; access < accesses; access += 1) policy.used('used');
      expect(policy.victim(() => true)).toBe(victim);
    }
  });

  it('a key memory forgets the older half of its keys, and stays below its limit', () => {
    const memory = keyMemory<number, { at: number }>(100);
    for (let key = 0; key < 1000; key += 1) {
      memory.set(key, { at: key });
      let known = 0;
      for (let each = 0; each <= key; each += 1) known += memory.get(each) === undefined ? 0 : 1;
      expect(known).toBeLessThanOrEqual(100);
      for (let each = Math.max(0, key - 49); each <= key; each += 1) expect(memory.get(each)?.at).toBe(each);
    }
  });
});

describe('options', () => {
  it('policies refuse options that are no usable numbers', () => {
    const error = expect.objectContaining({ code: 'BAD_ARGUMENT' });
    for (const bad of [-1, 1.5, Number.NaN, -Infinity])
      expect(() => protectedLru({ window: bad })).toThrow(error);
    for (const bad of [0, -1, Number.NaN]) {
      expect(() => lfu({ halfLife: bad })).toThrow(error);
      expect(() => roundLfu({ halfLife: bad })).toThrow(/half-life of roundLfu/);
    }
  });
});
