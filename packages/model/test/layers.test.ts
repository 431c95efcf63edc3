import { cpu } from '@rondo/backend-cpu';
import { adaptive, lru } from '@rondo/cache';
import { none } from '@rondo/prefetch';
import { describe, expect, it, vi } from 'vitest';
import { greedy, loadDemo, THREE_LAYERS } from './support/demo.ts';

const small = { memory: THREE_LAYERS, prefetch: none(), grain: 'layer' } as const;

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

  it.each([
    ['different layers', [0, 1], [2, 3]],
    ['as many as have room, and one more', [0, 1], [2]],
  ])('of two calls at once that protect %s, the second is refused', async (_, first, second) => {
    await using model = await loadDemo(small);
    const expected = await greedy(model, 'ROMEO:', 3);
    model.layers.clear();
    const [one, two] = await Promise.allSettled([model.layers.protect(first), model.layers.protect(second)]);
    expect(one.status).toBe('fulfilled');
    expect(two).toMatchObject({ status: 'rejected', reason: { code: 'BUDGET_TOO_SMALL' } });
    expect(model.layers.stats().protected).toEqual(first);
    expect(await greedy(model, 'ROMEO:', 3)).toEqual(expected);
  });

  it('two calls at once that protect the same layers both succeed, and one clearing frees the layers', async () => {
    await using model = await loadDemo(small);
    model.layers.clear();
    await Promise.all([model.layers.protect([0, 1]), model.layers.protect([1, 0])]);
    expect(model.layers.stats().protected).toEqual([0, 1]);
    model.layers.clearProtection();
    model.layers.clear();
    expect(model.layers.stats()).toMatchObject({ protected: [], resident: [], bytes: 0 });
  });

  it('layers on their way to be protected keep their room from smaller sizes, until the call is aborted', async () => {
    await using model = await loadDemo(small);
    model.layers.clear();
    const controller = new AbortController();
    const protecting = model.layers.protect([0, 1], { signal: controller.signal });
    await expect(model.layers.setCacheSize({ layers: 2 })).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    await expect(model.setMemoryBudget(model.budget.totalBytes - 843_776)).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    controller.abort(new Error('no longer'));
    await expect(protecting).rejects.toThrow('no longer');
    await model.layers.setCacheSize({ layers: 2 });
    expect(model.layers.stats().protected).toEqual([]);
    expect(await greedy(model, 'ROMEO:', 2)).toHaveLength(2);
  });

  it('refuses to protect what a smaller size, which still waits for leases, will leave no room for', async () => {
    await using model = await loadDemo(small);
    model.layers.clear();
    const leases = [await model.layers.get(0), await model.layers.get(1), await model.layers.get(2)];
    const resized = model.layers.setCacheSize({ layers: 2 });
    await expect(model.layers.protect([0, 1])).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    await model.layers.protect([0]);
    for (const lease of leases) lease.release();
    await resized;
    expect(model.layers.stats()).toMatchObject({ protected: [0], budgetBytes: 2 * 843_776 });
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

  it('holds and protects all pieces of a layer where it has several', async () => {
    await using model = await loadDemo({ ...small, grain: 'tensor' });
    const expected = await greedy(model, 'ROMEO:', 6);
    model.layers.clear();
    const lease = await model.layers.get(7);
    expect(lease.name).toBe('layer 7');
    expect(lease.bytes).toBeGreaterThan(840_000);
    await model.layers.protect([5]);
    model.layers.clear();
    expect(model.layers.stats().resident).toEqual([5, 7]);
    expect(await greedy(model, 'ROMEO:', 6)).toEqual(expected);
    lease.release();
    model.layers.clear();
    expect(model.layers.stats()).toMatchObject({ resident: [5], protected: [5] });
    expect(await model.layers.preload([1])).toEqual([1]);
    await expect(model.layers.protect([0, 1, 2])).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
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

  it('fits what is available, as far as the policy finds it worth having, and stays above the least', async () => {
    await using model = await loadDemo();
    const { budgetBytes: all } = model.layers.stats();
    const least = 843_776;
    for (const [available, expected] of [
      [3_000_000, 3_000_000],
      [3_500_000, 3_000_000],
      [1, least],
      [1e12, all],
    ] as const) {
      await model.layers.fitTo(available);
      expect(model.layers.stats().budgetBytes).toBe(expected);
    }
    const modest = { ...lru<number>(), roomFor: (bytes: number) => bytes / 2 };
    await using other = await loadDemo({ cache: modest });
    await other.layers.fitTo(6_000_000);
    expect(other.layers.stats().budgetBytes).toBe(3_000_000);
  });

  it('follows the memory that others leave free with a policy that sizes itself', async () => {
    let available = 1e9;
    // Linux is asked by a file, other systems by Node.
    const asked = vi.spyOn(process, 'availableMemory').mockImplementation(() => available);
    const fs = process.getBuiltinModule('node:fs');
    const readFileSync = fs.readFileSync.bind(fs);
    const files = vi.spyOn(fs, 'readFileSync').mockImplementation((path, options) => {
      if (path === '/proc/meminfo') return `MemAvailable: ${Math.floor(available / 1024)} kB`;
      return path === '/proc/self/cgroup' ? '' : readFileSync(path, options);
    });
    try {
      // A memory taken over from a model before would have room of its own, which the weights may keep.
      const backend = cpu({ takenBytes: 0 });
      await using model = await loadDemo({ cache: adaptive<number>(), backend });
      const expected = await greedy(model, 'ROMEO:', 4);
      const { budgetBytes: all } = model.layers.stats();
      available = 1e9 * 0.2 - 3_000_000;
      expect(await greedy(model, 'ROMEO:', 4)).toEqual(expected);
      const { budgetBytes } = model.layers.stats();
      expect(budgetBytes).toBeLessThan(all - 2_000_000);
      available = 1e9;
      expect(await greedy(model, 'ROMEO:', 4)).toEqual(expected);
      expect(model.layers.stats().budgetBytes).toBe(all);
    } finally {
      asked.mockRestore();
      files.mockRestore();
    }
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
