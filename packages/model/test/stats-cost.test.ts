// 61: what statistics cost. Counted are the accesses that are replayed and the layers' segments that are looked at, no time.
import { expect, it, vi } from 'vitest';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

/** Lengths of the traces that were replayed for the hit rate of the optimum. */
const replays: number[] = [];
vi.mock('@rondo/cache', async (importOriginal) => {
  const original = await importOriginal<typeof import('@rondo/cache')>();
  return {
    ...original,
    beladyHits: (...given: Parameters<typeof original.beladyHits<number>>) => {
      replays.push(given[0].length);
      return original.beladyHits(...given);
    },
  };
});

it('stats() replays nothing, however many tokens were generated', async () => {
  await using model = await loadDemo({ memory: THREE_LAYERS });
  for (const tokens of [1, 8, 32]) {
    await greedy(model, 'ROMEO:', tokens);
    const { accesses, hits, lateHits, misses } = model.stats();
    expect(hits + lateHits + misses).toBe(accesses);
  }
  expect(replays).toEqual([]);
});

it('the hit rate of the optimum is replayed when it is read, and again only after further accesses', async () => {
  await using model = await loadDemo({ memory: THREE_LAYERS });
  await greedy(model, 'ROMEO:', 4);
  const first = model.stats();
  const { accesses, beladyHitRate } = first;
  expect(replays).toEqual([accesses]);
  expect(first.beladyHitRate).toBe(beladyHitRate);
  expect(model.stats().beladyHitRate).toBe(beladyHitRate);
  expect(replays).toEqual([accesses]);

  await greedy(model, 'ROMEO:', 4);
  const later = model.stats();
  expect(later.accesses).toBeGreaterThan(accesses);
  expect(replays).toEqual([accesses]);
  expect(later.beladyHitRate).toBeGreaterThan(0);
  expect(replays).toEqual([accesses, later.accesses]);
  replays.length = 0;

  // What was read before tells of the accesses until then, whatever came since.
  await greedy(model, 'ROMEO:', 2);
  expect(first.beladyHitRate).toBe(beladyHitRate);
  expect(replays).toEqual([accesses]);
  replays.length = 0;

  model.resetStats();
  expect(model.stats().beladyHitRate).toBe(0);
  expect(replays.every((length) => length === 0)).toBe(true);
});
