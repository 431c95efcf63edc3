// A model whose layers lie in several memories of the CPU backend speaks as one whose layers lie together.
import { cpu } from '@rondo/backend-cpu';
import { describe, expect, it } from 'vitest';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const prompt = 'First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:';
const steps = 24;

describe.each([
  { name: 'resident', memory: '11MiB', arenaBytes: 3 * 2 ** 20, streams: false },
  { name: 'streamed', memory: THREE_LAYERS, arenaBytes: 2 * 2 ** 20, streams: true },
])('$name in memories of $arenaBytes bytes', ({ memory, arenaBytes, streams }) => {
  it.each([0, 1, 3])('threads: %i', async (threads) => {
    await using together = await loadDemo({ memory, backend: cpu({ threads: 1 }) });
    await using apart = await loadDemo({
      memory,
      backend: cpu({ threads, arenaBytes, maximumBytes: 12 * 2 ** 20 }),
    });
    expect(apart.streams).toBe(streams);
    // Half of the first memory is for tensors.
    expect(apart.budget.weightBytes).toBeGreaterThan(arenaBytes / 2);
    expect(await greedy(apart, prompt, steps)).toEqual(await greedy(together, prompt, steps));
  });
});

it('keys and values grow in the memory that they lie in, whichever the weights leave', async () => {
  const options = { memory: THREE_LAYERS, context: 160, kvCacheDtype: 'Q8_0' } as const;
  await using together = await loadDemo({ ...options, backend: cpu({ threads: 1 }) });
  await using apart = await loadDemo({
    ...options,
    backend: cpu({ arenaBytes: 2 ** 21, maximumBytes: 12 * 2 ** 20 }),
  });
  const { kvCacheBytes } = apart.budget;
  expect(await greedy(apart, prompt, 120)).toEqual(await greedy(together, prompt, 120));
  expect(apart.budget.kvCacheBytes).toBeGreaterThan(kvCacheBytes);
});
