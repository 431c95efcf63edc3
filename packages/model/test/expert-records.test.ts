// What a model tells of its experts: each choice of its routers, and counts.
import { readExpertTrace, writeExpertTrace, type ExpertRecord } from '@rondo/cache';
import { none } from '@rondo/prefetch';
import { memory } from '@rondo/source';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoadOptions } from '../src/engine/load-options.ts';
import { plan } from '../src/engine/plan.ts';
import { loadModel } from '../src/load-model.ts';
import { demoSource, greedy } from './support/demo.ts';
import { expertModel } from './support/experts.ts';

let bytes = new Uint8Array();
beforeAll(async () => {
  bytes = Uint8Array.from(await expertModel({ dtype: 'Q4_0' }));
});

/** A model that keeps the records of its experts. */
async function recording(options: LoadOptions = {}) {
  const records: ExpertRecord[] = [];
  const onExperts = (record: ExpertRecord) => void records.push(record);
  const model = await loadModel(memory(bytes), { context: 128, onExperts, ...options });
  return { model, records };
}

describe('onExperts', () => {
  it('onExperts tells the experts of each layer, for all tokens that are computed together', async () => {
    const { model, records } = await recording();
    await using _ = model;
    const ids = [5, 9, 100, 31];
    await model.eachLogits(ids, 3, () => {});
    expect(records.map(({ layer }) => layer)).toEqual([0, 1, 2]);
    for (const { rows } of records) {
      expect(rows).toHaveLength(ids.length);
      for (const row of rows) expect(new Set(row).size).toBe(model.config.expertsUsed);
    }
    await model.eachLogits([...ids, 7], 4, () => {});
    expect(records.slice(3).map(({ layer, rows }) => [layer, rows.length])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it('onExperts tells of a token the same experts alone and among others, resident and streamed', async () => {
    const ids = [5, 9, 100, 31, 77];
    const together = await recording();
    await together.model.eachLogits(ids, 4, () => {});
    await together.model.dispose();
    const alone = await recording({ memory: '2MB' });
    for (let count = 1; count <= ids.length; count += 1)
      await alone.model.eachLogits(ids.slice(0, count), count - 1, () => {});
    await alone.model.dispose();
    for (const layer of [0, 1, 2]) {
      const rowsOf = (records: readonly ExpertRecord[]) =>
        records.filter((record) => record.layer === layer).flatMap(({ rows }) => rows);
      expect(rowsOf(alone.records)).toEqual(rowsOf(together.records));
    }
  });

  it('the records of onExperts are those of a trace that can be read', async () => {
    const { model, records } = await recording();
    await using _ = model;
    await greedy(model, 'so it begins', 4);
    const { layers, experts, expertsUsed: used } = model.config;
    let text = '';
    const add = writeExpertTrace(
      { layers: layers.length, experts, used, source: 'a test' },
      (part) => (text += part),
    );
    for (const record of records) add(record);
    expect(readExpertTrace(text, 'a.trace').records).toEqual(records);
  });

  it('an error of onExperts ends the request, and the next request works', async () => {
    let fails = true;
    const { model } = await recording({
      onExperts() {
        if (fails) throw new Error('the disk of the trace is full');
      },
    });
    await using _ = model;
    await expect(greedy(model, 'so', 1)).rejects.toThrow('the disk of the trace is full');
    fails = false;
    expect(await greedy(model, 'so', 2)).toHaveLength(2);
  });

  it('a plan tells nothing to onExperts, and a model without experts has nothing to tell', async () => {
    const records: ExpertRecord[] = [];
    const onExperts = (record: ExpertRecord) => void records.push(record);
    await plan(memory(bytes), { context: 128, onExperts });
    await using dense = await loadModel(await demoSource(), { context: 64, onExperts });
    await greedy(dense, 'ROMEO:', 2);
    expect(records).toEqual([]);
    expect(dense.stats().experts).toBeUndefined();
  });

  it('an onExperts that is no function is refused by name', async () => {
    const onExperts = 'trace.txt' as unknown as LoadOptions['onExperts'];
    await expect(recording({ onExperts })).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('onExperts') as string,
    });
  });
});

const nothing = { asked: 0, hits: 0, bytesLoaded: 0, bytesAhead: 0, bytesWasted: 0 };

describe('the counts of experts', () => {
  it('in memory for all of them, all experts that are asked for are hits', async () => {
    const { model, records } = await recording();
    await using _ = model;
    model.resetStats();
    await model.eachLogits([5, 9, 100], 2, () => {});
    const asked = records.reduce((sum, { rows }) => sum + new Set(rows.flat()).size, 0);
    expect(model.stats().experts).toEqual({ ...nothing, asked, hits: asked });
  });

  it('in memory for some of them, what was no hit is read, and nothing else without prefetch', async () => {
    const { model } = await recording({ memory: '2MB', prefetch: none(), grain: 'layer' });
    await using _ = model;
    model.resetStats();
    for (let count = 1; count <= 20; count += 1)
      await model.eachLogits(
        Array.from({ length: count }, (_, index) => 3 + index * 11),
        count - 1,
        () => {},
      );
    const { experts } = model.stats();
    if (experts === undefined) throw new Error('A model with experts has counts of them.');
    const { asked, hits, bytesLoaded, bytesAhead, bytesWasted } = experts;
    expect([bytesAhead, bytesWasted]).toEqual([0, 0]);
    expect(asked).toBe(20 * 3 * model.config.expertsUsed);
    expect(hits).toBeGreaterThan(0);
    expect(hits).toBeLessThan(asked);
    // At this grain an expert is one segment, and all experts have the same size.
    const expertBytes = bytesLoaded / (asked - hits);
    expect(Number.isInteger(expertBytes)).toBe(true);
    const stacks = [...model.gguf.tensors.values()].filter(({ name }) => name.includes('_exps.'));
    const all = stacks.reduce((sum, tensor) => sum + tensor.bytes, 0);
    expect(expertBytes / (all / (3 * model.config.experts))).toBeGreaterThanOrEqual(1);
    expect(expertBytes / (all / (3 * model.config.experts))).toBeLessThan(1.1);
    model.resetStats();
    expect(model.stats().experts).toEqual(nothing);
  });
});
