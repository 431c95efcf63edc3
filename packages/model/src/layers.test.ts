import { none } from '@rondo/prefetch';
import { describe, expect, it } from 'vitest';
import { greedy, loadDemo, THREE_LAYERS } from './test-support/demo.ts';

const small = { memory: THREE_LAYERS, prefetch: none() };

describe('layers', () => {
  it('what is protected is always a hit, and goes when protection is cleared', async () => {
    await using model = await loadDemo(small);
    await model.layers.protect([5, 6]);
    const expected = await greedy(model, 'ROMEO:', 6);
    model.resetStats();
    await greedy(model, 'JULIET:', 6);
    expect(model.layers.stats()).toMatchObject({
      protected: [5, 6],
      resident: expect.arrayContaining([5, 6]),
    });
    expect(model.stats().hitRate).toBeGreaterThanOrEqual(2 / 9);
    model.layers.clearProtection();
    model.layers.clear();
    expect(model.layers.stats()).toMatchObject({ protected: [], resident: [], bytes: 0 });
    expect(await greedy(model, 'ROMEO:', 6)).toEqual(expected);
  });

  it('refuses to protect so much that the others cannot pass, and protects nothing then', async () => {
    await using model = await loadDemo(small);
    await expect(model.layers.protect([0, 1, 2])).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    expect(model.layers.stats().protected).toEqual([]);
    expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
  });

  it('get holds a segment, preload brings in what has room', async () => {
    await using model = await loadDemo(small);
    model.layers.clear();
    const lease = await model.layers.get(7);
    expect(lease).toMatchObject({ name: 'layer 7', bytes: 843_776 });
    expect(await model.layers.preload([0, 1, 2, 3])).toEqual([0, 1]);
    model.layers.clear();
    expect(model.layers.stats().resident).toEqual([7]);
    lease.release();
    lease.release();
    await expect(model.layers.get(9)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('the cache can be made smaller and larger while the tokens stay the same', async () => {
    await using model = await loadDemo();
    const expected = await greedy(model, 'ROMEO:', 8);
    for (const size of [{ layers: 2 }, { bytes: 4_000_000 }, { layers: 1 }, { layers: 8 }]) {
      await model.layers.setCacheSize(size);
      const { budgetBytes, bytes } = model.layers.stats();
      expect(bytes).toBeLessThanOrEqual(budgetBytes);
      expect(budgetBytes).toBe('bytes' in size ? size.bytes : size.layers * 843_776);
      expect(model.streams).toBe(true);
      expect(await greedy(model, `ROMEO:`, 8)).toEqual(expected);
      await model.layers.setPrefetchDistance(size.layers === 2 ? 0 : 2);
      expect(await greedy(model, `ROMEO:`, 8)).toEqual(expected);
    }
    await expect(model.layers.setCacheSize({ bytes: 100_000 })).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    await expect(model.layers.setCacheSize({ bytes: 1e12 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  it('dispose does not wait for what is protected or held', async () => {
    const model = await loadDemo(small);
    await model.layers.protect([1]);
    await model.layers.get(2);
    await model.dispose();
  });

  it('optimalCacheSize: as many as fit, and all when all do', async () => {
    await using model = await loadDemo(small);
    expect(model.layers.optimalCacheSize(3 * 843_776 + 5)).toEqual({
      layers: 3,
      bytes: 3 * 843_776,
      hitRate: 0.25,
    });
    expect(model.layers.optimalCacheSize(1e9)).toMatchObject({ layers: 9, hitRate: 1 });
  });
});
