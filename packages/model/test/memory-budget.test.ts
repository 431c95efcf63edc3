import { attentionLayers } from '@rondo/architectures';
import { describe, expect, it } from 'vitest';
import { boundOf } from '../src/engine/bottleneck.ts';
import type { LayerLease } from '../src/weights/layer-manager.ts';
import { plan } from '../src/engine/plan.ts';
import { demoPath, greedy, loadDemo, THREE_LAYERS, CONTEXT } from './support/demo.ts';
import { settles } from './support/settles.ts';

const prompt = 'First Citizen:\nBefore we';

describe('setMemoryBudget', () => {
  it('takes memory from a model in mid-generation and gives it back, and the text stays the same', async () => {
    await using whole = await loadDemo();
    const expected = await greedy(whole, prompt, 24);
    for (const memory of ['64MiB', THREE_LAYERS]) {
      await using model = await loadDemo({ memory });
      const { totalBytes, weightBytes, allWeightBytes } = model.budget;
      const withWeights = (share: number) => totalBytes - weightBytes + Math.floor(allWeightBytes * share);
      const amounts = new Map<number, number | string>([
        [4, withWeights(0.5)],
        [10, withWeights(0.3)],
        [16, '64MiB'],
      ]);
      const ids: number[] = [];
      for await (const { tokenId } of model.generate(prompt, { maxTokens: 24, temperature: 0 })) {
        if (tokenId !== undefined) ids.push(tokenId);
        const amount = amounts.get(ids.length);
        if (amount === undefined) continue;
        await model.setMemoryBudget(amount);
        const { budget } = model;
        expect(model.layers.stats().bytes).toBeLessThanOrEqual(budget.weightBytes);
        expect(budget.kvCacheBytes + budget.activationBytes + budget.weightBytes).toBeLessThan(
          budget.totalBytes,
        );
        expect(model.streams).toBe(amount !== '64MiB');
      }
      expect(ids).toEqual(expected);
    }
  });

  it('refuses what is too little, and changes nothing then', async () => {
    await using model = await loadDemo({ memory: THREE_LAYERS });
    const { budget } = model;
    await expect(model.setMemoryBudget('1MB')).rejects.toMatchObject({ code: 'BUDGET_TOO_SMALL' });
    await expect(model.setMemoryBudget('much')).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(model.budget).toEqual(budget);
    expect(await greedy(model, prompt, 2)).toHaveLength(2);
  });
});

describe('keys and values', () => {
  const context = 512;

  it('take their memory from the weights as a text grows, and give it back to a shorter one', async () => {
    await using whole = await loadDemo({ context });
    const expected = await greedy(whole, prompt, 300);
    for (const kvCacheDtype of ['F32', 'Q8_0'] as const) {
      await using model = await loadDemo({ memory: '8MB', context, kvCacheDtype });
      const before = model.budget;
      const ids: number[] = [];
      for await (const { tokenId } of model.generate(prompt, { maxTokens: 300, temperature: 0 })) {
        if (tokenId !== undefined) ids.push(tokenId);
        const { budget } = model;
        expect(budget.kvCacheBytes + budget.weightBytes).toBe(before.kvCacheBytes + before.weightBytes);
        expect(model.layers.stats().bytes).toBeLessThanOrEqual(budget.weightBytes);
      }
      if (kvCacheDtype === 'F32') expect(ids).toEqual(expected);
      const after = model.budget;
      expect(after.kvCacheBytes).toBeGreaterThan(2 * before.kvCacheBytes);
      await greedy(model, 'O', 2);
      expect(model.budget).toEqual(before);
    }
  });

  it('leave what is protected alone, and so do smaller grants', async () => {
    await using model = await loadDemo({ memory: '8MB', context });
    const { weightBytes, totalBytes } = model.budget;
    // Would fit now, but not beside a full context.
    await expect(model.layers.protect([0, 1, 2, 3, 4, 5])).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    await model.layers.protect([0, 1]);
    await expect(model.setMemoryBudget(totalBytes - weightBytes + 3_000_000)).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
    expect(await greedy(model, prompt, 300)).toHaveLength(300);
    expect(model.layers.stats().resident).toEqual(expect.arrayContaining([0, 1]));
  });

  it('are taken at once where all of the model fits beside them', async () => {
    await using model = await loadDemo({ memory: '64MiB', context });
    const values = attentionLayers(model.config).map(
      ({ kvHeads, keySize, valueSize }) => kvHeads * (keySize + valueSize),
    );
    expect(model.budget.kvCacheBytes).toBe(values.reduce((sum, count) => sum + count, 0) * 4 * context);
  });
});

describe('a pass that waits for weights in use to make room for keys and values', () => {
  const options = { memory: '8MB', context: 512 };

  /** A model whose weights are all in use, and a text that needs more room for keys and values than they leave. */
  async function waiting() {
    const model = await loadDemo(options);
    const { budgetBytes } = model.layers.stats();
    const leases: LayerLease[] = [];
    for (let layer = 0, bytes = 0; ; layer++) {
      const lease = await model.layers.get(layer);
      bytes += lease.bytes;
      if (bytes > budgetBytes - lease.bytes) break;
      leases.push(lease);
    }
    const ids = Array.from({ length: 500 }, (_, index) => 100 + (index % 50));
    const controller = new AbortController();
    const running = model.generate(ids, { maxTokens: 1, temperature: 0, signal: controller.signal }).next();
    expect(await settles(running, 200)).toBe(false);
    // The keys and values have been promised what the weights in use still take.
    expect(model.layers.stats().bytes).toBeGreaterThan(model.budget.weightBytes);
    return {
      model,
      running,
      controller,
      ids,
      budgetBytes,
      release: () => leases.forEach((one) => one.release()),
    };
  }

  it('goes on when the weights are given back', async () => {
    const { model, running, ids, release } = await waiting();
    await using whole = await loadDemo({ context: 512 });
    release();
    const { value } = await running;
    expect([value?.tokenId]).toEqual(await greedy(whole, ids, 1));
    await model.dispose();
  });

  it('rejects at once when it is aborted, and the weights have their memory again', async () => {
    const { model, running, controller, ids, budgetBytes, release } = await waiting();
    controller.abort(new Error('no longer'));
    expect(await settles(running, 200)).toBe(true);
    await expect(running).rejects.toThrow('no longer');
    expect(model.layers.stats().budgetBytes).toBe(budgetBytes);
    release();
    expect(await greedy(model, ids, 2)).toHaveLength(2);
    await model.dispose();
  });

  it('ends when the model is disposed of', async () => {
    const { model, running } = await waiting();
    const disposed = model.dispose();
    await expect(running).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await settles(disposed)).toBe(true);
  });

  it('does not undo a smaller grant when it is aborted', async () => {
    const { model, running, controller, release } = await waiting();
    const granted = model.setMemoryBudget('7.5MB');
    expect(await settles(granted, 200)).toBe(false);
    controller.abort(new Error('no longer'));
    await expect(running).rejects.toThrow('no longer');
    expect(await settles(granted, 200)).toBe(false);
    release();
    await granted;
    expect(model.budget.totalBytes).toBe(7_500_000);
    expect(model.layers.stats().budgetBytes).toBeLessThanOrEqual(model.budget.weightBytes);
    await model.dispose();
  });
});

describe('what bounds a run', () => {
  it('is named by what it waited for', () => {
    expect(boundOf(0, 0, 0)).toBeUndefined();
    expect(boundOf(100, 5, 99)).toBe('computation');
    expect(boundOf(100, 50, 95)).toBe('bandwidth');
    expect(boundOf(100, 50, 40)).toBe('latency');
  });

  it('is counted per pass, and reset', async () => {
    await using model = await loadDemo({ memory: THREE_LAYERS });
    expect(model.stats()).toMatchObject({ passes: 0, passMs: 0, bound: undefined });
    const ids = [...model.tokenizer.encode(prompt)].slice(0, 4);
    await greedy(model, ids, 5);
    const { passes, passMs, stallMs, readMs, bound } = model.stats();
    expect(passes).toBe(5);
    expect(stallMs).toBeLessThanOrEqual(passMs);
    expect(readMs).toBeGreaterThan(0);
    expect(bound).toBeDefined();
    model.resetStats();
    expect(model.stats()).toMatchObject({ passes: 0, passMs: 0, bound: undefined });
  });
});

describe('plan', () => {
  it('divides the memory as loading does, and says what must be read again', async () => {
    const options = { memory: THREE_LAYERS, context: CONTEXT };
    const planned = await plan(demoPath, options);
    await using model = await loadDemo(options);
    expect(planned.budget).toEqual(model.budget);
    expect(planned.streams).toBe(true);
    await greedy(model, prompt, 2);
    model.resetStats();
    await greedy(model, prompt, 8);
    const { bytesRead, passes } = model.stats();
    expect(bytesRead / passes / planned.bytesPerToken).toBeGreaterThan(0.85);
    expect(bytesRead / passes / planned.bytesPerToken).toBeLessThan(1.15);
    expect(planned.tokenMs).toBe(Math.max(planned.computeMs, planned.readMs));
    expect(planned.computeMs).toBeGreaterThan(0);
    expect(planned.readBytesPerSecond).toBeGreaterThan(0);
  });

  it('reads nothing again where all weights fit', async () => {
    const planned = await plan(demoPath, { memory: '64MiB', context: CONTEXT });
    expect(planned).toMatchObject({ streams: false, bytesPerToken: 0, readMs: 0, bound: 'computation' });
    expect(planned.readBytesPerSecond).toBeUndefined();
  });

  it('fails as loading does', async () => {
    await expect(plan(demoPath, { memory: '1MB', context: CONTEXT })).rejects.toMatchObject({
      code: 'BUDGET_TOO_SMALL',
    });
  });
});
