// All prefetch strategies: their names, their options, and the conformance suite.
import { readFile } from 'node:fs/promises';
import { createCache, pinned } from '@rondo/cache';
import { describe, expect, it } from 'vitest';
import { prefetchStrategyConformance } from './conformance.ts';
import {
  async as asyncPrefetch,
  loopOrder,
  predictive,
  prefetchStrategies,
  sync,
  type PrefetchStrategy,
} from './index.ts';

const strategies: Record<string, () => PrefetchStrategy> = {
  ...Object.fromEntries(
    Object.entries(prefetchStrategies).map(([name, { create }]) => [`${name}, by default`, () => create()]),
  ),
  'predictive, 2 at once': () => predictive({ concurrency: 2, maxDistance: 3 }),
  'sync, 3 ahead': () => sync({ distance: 3 }),
  'async, 3 ahead': () => asyncPrefetch({ distance: 3 }),
  'async, 4 ahead, 2 at once': () => asyncPrefetch({ distance: 4, concurrency: 2 }),
};

it.each(Object.entries(prefetchStrategies))(
  '%s is listed under the name that it reports',
  (name, { create }) => {
    const cache = createCache({
      budgetBytes: 4,
      policy: pinned<number>(),
      sizeOf: () => 1,
      load: async () => 1,
    });
    expect(create()({ cache, next: loopOrder([0, 1]) }).name).toBe(name);
  },
);

it.each(Object.entries(prefetchStrategies))(
  '%s takes a distance exactly where its entry says so',
  (_, entry) => {
    const create = () => entry.create(0);
    if (entry.distance === 'none') expect(create).not.toThrow();
    else expect(create).toThrow(/istance must be a whole number of at least 1/);
  },
);

it('the README has a row for every prefetch strategy', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(Object.keys(prefetchStrategies)));
});

for (const [name, make] of Object.entries(strategies)) {
  describe(`${name} conforms`, () => {
    for (const each of prefetchStrategyConformance) it(each.name, () => each.run(make));
  });
}

it('prefetch strategies refuse options that are no usable numbers', () => {
  const error = expect.objectContaining({ code: 'BAD_ARGUMENT' });
  for (const bad of [0, -1, 1.5, Number.NaN]) {
    expect(() => asyncPrefetch({ distance: bad })).toThrow(error);
    expect(() => asyncPrefetch({ concurrency: bad })).toThrow(error);
    expect(() => asyncPrefetch({ bytesInFlight: bad })).toThrow(error);
    expect(() => sync({ distance: bad })).toThrow(error);
    expect(() => predictive({ maxDistance: bad })).toThrow(error);
    expect(() => predictive({ concurrency: bad })).toThrow(error);
    expect(() => predictive({ bytesInFlight: bad })).toThrow(error);
    expect(() => predictive({ confidence: bad })).toThrow(error);
  }
});
