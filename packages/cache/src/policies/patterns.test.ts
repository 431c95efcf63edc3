// The limits on hit counts: every policy on every access pattern at every size, over long traces that are the same on
// every machine. The tables in the README come from here: RONDO_PRINT_HIT_RATES=1 prints them.
import { afterAll, describe, expect, it } from 'vitest';
import { beladyHits } from '../belady.ts';
import { createCache } from '../create-cache.ts';
import type { CachePolicy } from '../types.ts';
import { adaptive, type AdaptivePolicy } from './adaptive.ts';
import { belady } from './belady.ts';
import { lfu } from './lfu.ts';
import { pinned } from './pinned.ts';
import { cachePolicies } from './registry.ts';

const LAYERS = 32;
const ACCESSES = 24_000;
const ROOMS = [4, 8, 12, 16, 24] as const;

/** Every policy that needs nothing, except `adaptive`, which chooses among others. */
const fixed: Record<string, () => CachePolicy<number>> = Object.fromEntries(
  Object.entries(cachePolicies)
    .filter(([name, { needs }]) => needs === 'nothing' && name !== 'adaptive')
    .map(([name, { create }]) => [name, () => create([])]),
);
const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Lehmer's generator: the same numbers on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Layers drawn by Zipf's distribution. From time to time, a quarter of the layers get another popularity. */
function experts(): number[] {
  const random = randomNumbers(11);
  const weights = range(LAYERS).map((rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight);
  const experts = range(LAYERS);
  return range(ACCESSES).map((step) => {
    for (let swaps = step % 2000 === 0 ? 4 : 0; swaps > 0; swaps -= 1) {
      const [a, b] = [Math.floor(random() * LAYERS), Math.floor(random() * LAYERS)];
      [experts[a], experts[b]] = [experts[b] ?? 0, experts[a] ?? 0];
    }
    let left = random() * total;
    const rank = weights.findIndex((weight) => (left -= weight) < 0);
    return experts[rank === -1 ? 0 : rank] ?? 0;
  });
}

/** Two sessions in the same loop: at the same speed, or at different speeds. */
function sessions(isInStep: boolean): number[] {
  const random = randomNumbers(3);
  const at = [0, 5];
  return range(ACCESSES).map((step) => {
    const session = isInStep ? step % 2 : Math.floor(random() * 2);
    const layer = at[session] ?? 0;
    at[session] = (layer + 1) % LAYERS;
    return layer;
  });
}

/** Rounds of a loop; on average every fifth round ends early, as when a prompt is cancelled. */
function inference(): number[] {
  const random = randomNumbers(4);
  const trace: number[] = [];
  while (trace.length < ACCESSES) {
    trace.push(...range(random() < 0.2 ? Math.floor(random() * LAYERS) : LAYERS));
  }
  return trace;
}

const random = randomNumbers(5);
const patterns: Record<string, readonly number[]> = {
  'sequential, never returning': range(ACCESSES),
  'inference loop': range(ACCESSES).map((step) => step % LAYERS),
  'inference, some rounds cut short': inference(),
  'back and forth': range(ACCESSES).map((step) => (Math.floor(step / 3) + (step % 3)) % LAYERS),
  'uniform random': range(ACCESSES).map(() => Math.floor(random() * LAYERS)),
  'experts, skewed and shifting': experts(),
  'two sessions in step': sessions(true),
  'two sessions, each at its own pace': sessions(false),
};

function hitRate(trace: readonly number[], room: number, policy: CachePolicy<number>): number {
  const present = new Set<number>();
  let hits = 0;
  for (const key of trace) {
    if (present.has(key)) hits += 1;
    else {
      if (present.size === room) {
        const victim = policy.victim(() => true);
        if (victim === undefined || !present.delete(victim))
          throw new Error(`${policy.name} named a stranger`);
        policy.removed(victim);
      }
      present.add(key);
      policy.added(key, 1, 'demand');
    }
    policy.used(key);
  }
  return hits / trace.length;
}

/** Hit rates in percentage points. */
const rates = new Map<string, Record<string, number>>();
const adaptives = new Map<string, AdaptivePolicy<number>>();
for (const [pattern, trace] of Object.entries(patterns)) {
  for (const room of ROOMS) {
    const row: Record<string, number> = {};
    for (const [name, make] of Object.entries(fixed)) row[name] = 100 * hitRate(trace, room, make());
    const chooser = adaptive<number>();
    row.adaptive = 100 * hitRate(trace, room, chooser);
    row.belady = 100 * beladyHits(trace, () => 1, room).hitRate;
    rates.set(`${pattern}/${room}`, row);
    adaptives.set(`${pattern}/${room}`, chooser);
  }
}

function rate(pattern: string, room: number, policy: string): number {
  const found = rates.get(`${pattern}/${room}`)?.[policy];
  if (found === undefined) throw new Error(`no rate of ${policy} for ${pattern} at ${room}`);
  return found;
}

afterAll(() => {
  if (process.env.RONDO_PRINT_HIT_RATES !== '1') return;
  const names = [...Object.keys(fixed), 'adaptive', 'belady'];
  console.log(`| pattern | room | ${names.join(' | ')} |\n| --- | ---: |${' ---: |'.repeat(names.length)}`);
  for (const pattern of Object.keys(patterns)) {
    for (const room of ROOMS) {
      const cells = names.map((name) => rate(pattern, room, name).toFixed(1));
      console.log(`| ${pattern} | ${room} | ${cells.join(' | ')} |`);
    }
  }
});

describe('adaptive', () => {
  for (const pattern of Object.keys(patterns)) {
    for (const room of ROOMS) {
      it(`adaptive is within 3 points of the best fixed policy: ${pattern}, ${room} of ${LAYERS}`, () => {
        const best = Math.max(...Object.keys(fixed).map((name) => rate(pattern, room, name)));
        expect(rate(pattern, room, 'adaptive')).toBeGreaterThan(best - 3);
      });
    }
  }

  it('adaptive names each pattern', () => {
    const named = (pattern: string): string[] =>
      ROOMS.map((room) => adaptives.get(`${pattern}/${room}`)?.state.pattern ?? '');
    expect(new Set(named('sequential, never returning'))).toEqual(new Set(['scan']));
    expect(new Set(named('inference loop'))).toEqual(new Set(['loop']));
    expect(new Set(named('back and forth'))).toEqual(new Set(['backAndForth']));
    expect(new Set(named('uniform random'))).toEqual(new Set(['random']));
    expect(new Set(named('experts, skewed and shifting'))).toEqual(new Set(['skewed']));
    expect(new Set(named('two sessions in step'))).toEqual(new Set(['loop']));
  });

  it('adaptive says which policy is in charge, why, and since when', () => {
    const { state } = adaptives.get('experts, skewed and shifting/8') ?? {};
    expect(state).toMatchObject({ policy: 'lfu', switches: 1 });
    expect(state?.since).toBeGreaterThanOrEqual(256);
    expect(state?.since).toBeLessThan(2000);
    expect(state?.reason).toMatch(
      /used much more often.*room for 8.*pinned \d+%, protectedLru \d+%, lfu \d+%/,
    );
    expect(state?.hitRates?.lfu).toBeGreaterThan(state?.hitRates?.pinned ?? 1);
  });

  it('adaptive does not change the policy without reason', () => {
    for (const [run, { state }] of adaptives) expect(state.switches, run).toBeLessThan(15);
    expect(adaptives.get('inference loop/16')?.state).toMatchObject({
      policy: 'pinned',
      switches: 0,
      since: 0,
    });
  });

  it('adaptive follows a pattern that changes and changes back', () => {
    const trace = ['inference loop', 'experts, skewed and shifting', 'inference loop'].flatMap((name) =>
      (patterns[name] ?? []).slice(0, 8000),
    );
    const best =
      (2 * rate('inference loop', 8, 'pinned') + rate('experts, skewed and shifting', 8, 'lfu')) / 3;
    const policy = adaptive<number>();
    expect(100 * hitRate(trace, 8, policy)).toBeGreaterThan(best - 3);
    expect(policy.state).toMatchObject({ pattern: 'loop', policy: 'pinned', switches: 2 });
  });

  it('adaptive wants all available room, but little for a scan, and says so', () => {
    for (const [run, policy] of adaptives)
      expect(policy.roomFor?.(100), run).toBe(run.startsWith('sequential') ? 2 : 100);
    expect(adaptives.get('sequential, never returning/8')?.state.reason).toMatch(
      /scan.*room for 2 is enough/,
    );
  });

  it('adaptive says so while everything fits', () => {
    const policy = adaptive<number>();
    hitRate(patterns['uniform random'] ?? [], LAYERS, policy);
    expect(policy.state).toMatchObject({ pattern: 'random', switches: 0, hitRates: undefined });
    expect(policy.state.reason).toMatch(/everything fits/);
  });

  it('adaptive follows a sample of the keys if there are many', () => {
    const draw = randomNumbers(2);
    const keys = 8000;
    const skewed = range(150_000).map(() => Math.floor(keys * draw() ** 4));
    const loop = range(150_000).map((step) => step % keys);
    for (const [trace, best, pattern] of [
      [skewed, lfu, 'skewed'],
      [loop, pinned, 'loop'],
    ] as const) {
      const policy = adaptive<number>();
      const aim = hitRate(trace, 2000, best<number>());
      expect(hitRate(trace, 2000, policy)).toBeGreaterThan(aim - 0.08);
      expect(policy.state).toMatchObject({ policy: best.name, pattern });
      // Counted on the sample, and reported for all keys.
      const told = Number(/\d+/.exec(policy.state.reason)?.[0]);
      if (pattern === 'loop') expect(Math.abs(told / keys - 1)).toBeLessThan(0.35);
    }
  });
});

describe('pinned', () => {
  it('pinned forgets visits that are over', () => {
    const [visits, loop] = [patterns['back and forth'] ?? [], patterns['inference loop'] ?? []];
    const policy = pinned<number>();
    const before = visits.slice(0, 9000);
    const hits = hitRate([...before, ...loop.slice(0, 9000)], 8, policy) * 18_000;
    expect((hits - hitRate(before, 8, pinned()) * 9000) / 9000).toBeGreaterThan(0.21);
  });
});

describe('the bars', () => {
  for (const room of ROOMS) {
    it(`inference loop, room for ${room}: pinned has 96% of Belady's hits, and lru and protectedLru have none`, () => {
      const optimum = rate('inference loop', room, 'belady');
      expect(rate('inference loop', room, 'pinned') / optimum).toBeGreaterThanOrEqual(0.96);
      expect(rate('inference loop', room, 'adaptive') / optimum).toBeGreaterThanOrEqual(0.96);
      expect(rate('inference loop', room, 'lru')).toBe(0);
      expect(rate('inference loop', room, 'protectedLru')).toBe(0);
    });

    it(`experts, room for ${room}: lfu and adaptive are ahead of lru`, () => {
      const recency = rate('experts, skewed and shifting', room, 'lru');
      expect(rate('experts, skewed and shifting', room, 'lfu')).toBeGreaterThan(recency + 1);
      expect(rate('experts, skewed and shifting', room, 'adaptive')).toBeGreaterThan(recency + 1);
    });
  }

  for (const name of [...Object.keys(fixed), 'adaptive']) {
    it(`back and forth, room for 8: ${name} hits two of three accesses`, () => {
      expect(rate('back and forth', 8, name)).toBeGreaterThan(66.6);
    });

    it(`uniform random, room for 16: ${name} is within a point of 50%`, () => {
      expect(Math.abs(rate('uniform random', 16, name) - 50)).toBeLessThan(1);
    });
  }

  it('the miss counts of each policy are the recorded counts', () => {
    const misses = (name: string): number[] =>
      ['inference, some rounds cut short', 'back and forth', 'experts, skewed and shifting'].map((pattern) =>
        Math.round(((100 - rate(pattern, 8, name)) / 100) * (patterns[pattern]?.length ?? 0)),
      );
    const golden = {
      lru: [23_830, 8002, 11_317],
      pinned: [18_627, 6632, 16_830],
      lfu: [22_892, 8002, 8906],
      protectedLru: [23_830, 8002, 11_317],
      belady: [18_251, 6406, 6524],
    };
    expect(Object.fromEntries(Object.keys(golden).map((name) => [name, misses(name)]))).toEqual(golden);
  });
});

describe('belady as a policy', () => {
  for (const [pattern, trace] of Object.entries(patterns)) {
    it(`belady in a real cache has the hits that beladyHits counts: ${pattern}`, async () => {
      const accesses = trace.slice(0, 3000);
      const cache = createCache<number, number>({
        budgetBytes: 8,
        policy: belady(accesses),
        sizeOf: () => 1,
        load: (key) => Promise.resolve(key),
      });
      for (const key of accesses) (await cache.acquire(key)).release();
      const { hits } = beladyHits(accesses, () => 1, 8);
      expect(cache.stats.hits).toBe(hits);
    });
  }
});
