// The generator of synthetic traces, the replay, and the predictors; the bars on synthetic traces.
import { cachePolicies, lru, type ExpertTrace } from '@rondo/cache';
import { describe, expect, it } from 'vitest';
import { policies } from '../strategies.ts';
import { measurePredictor } from './measure-predictor.ts';
import { predictors } from './predictors.ts';
import { accessesOf, replayTrace } from './replay-trace.ts';
import { mixtureShapes, syntheticTrace } from './synthetic-trace.ts';

/** Layers are alike, so fewer layers than the shape has give the same rates. */
const shape = { layers: 4, experts: 64, used: 4 };

/** A trace of one token at a time: the experts of each layer in turn. */
function traceOf(layers: number, experts: number, rows: readonly (readonly number[])[]): ExpertTrace {
  const used = rows[0]?.length ?? 0;
  return {
    header: { layers, experts, used, source: 'by hand' },
    records: rows.map((row, index) => ({ layer: index % layers, rows: [row] })),
  };
}

describe('the synthetic trace', () => {
  const tokens = 4096;
  const { header, records } = syntheticTrace(shape, tokens, 3);
  const rowsOf = (layer: number) =>
    records.filter((one) => one.layer === layer).map(({ rows }) => rows[0] ?? []);

  it('a synthetic trace says that it is synthetic, and its seed', () => {
    expect(header).toMatchObject(shape);
    expect(header.source).toMatch(/^synthetic: .*s = 1, .*p = 0\.5, seed 3$/);
  });

  it('a synthetic trace has for each token and layer so many different experts', () => {
    expect(records).toHaveLength(tokens * shape.layers);
    for (const [index, { layer, rows }] of records.entries()) {
      expect(layer).toBe(index % shape.layers);
      expect(rows).toHaveLength(1);
      expect(new Set(rows[0]).size).toBe(shape.used);
      for (const expert of rows[0] ?? []) expect(expert >= 0 && expert < shape.experts).toBe(true);
    }
  });

  it('a synthetic trace is the same for the same seed, and another for another seed', () => {
    expect(syntheticTrace(shape, 8, 3).records).toEqual(records.slice(0, 8 * shape.layers));
    expect(syntheticTrace(shape, 8, 4).records).not.toEqual(records.slice(0, 8 * shape.layers));
  });

  it('the popularity of the experts that a synthetic trace draws follows the law of Zipf', () => {
    // With one expert a token, no draw is repeated, and an expert changes only by a draw: the shares are those of Zipf.
    const one = syntheticTrace({ layers: 1, experts: 64, used: 1 }, 60_000, 5).records;
    const counts = new Float64Array(64);
    for (const { rows } of one) for (const expert of rows.flat()) counts[expert] = (counts[expert] ?? 0) + 1;
    const total = Array.from({ length: 64 }, (_, rank) => 1 / (rank + 1)).reduce((sum, each) => sum + each);
    const byRank = counts.toSorted().toReversed();
    for (const rank of [0, 1, 2, 4, 8, 16])
      expect((byRank[rank] ?? 0) / one.length).toBeCloseTo(1 / (rank + 1) / total, 2);
  });

  it('a token of a synthetic trace keeps half of the experts of the last token, and draws some of them again', () => {
    let kept = 0;
    let all = 0;
    const rows = syntheticTrace({ layers: 1, experts: 4096, used: 8 }, 4096, 1).records.map(
      ({ rows }) => rows[0] ?? [],
    );
    for (const [index, row] of rows.entries()) {
      const before = rows[index - 1] ?? [];
      kept += row.filter((expert) => before.includes(expert)).length;
      all += before.length;
    }
    // Half are kept. Four draws, each of a chance of at most 1/9 for the most popular experts, add the rest.
    expect(kept / all).toBeGreaterThan(0.5);
    expect(kept / all).toBeLessThan(0.6);
  });

  it('each layer of a synthetic trace has an order of popularity of its own', () => {
    const favourite = (layer: number): number => {
      const counts = new Float64Array(shape.experts);
      for (const expert of rowsOf(layer).flat()) counts[expert] = (counts[expert] ?? 0) + 1;
      return counts.indexOf(Math.max(...counts));
    };
    expect(new Set([0, 1, 2, 3].map(favourite)).size).toBeGreaterThan(1);
  });
});

describe('the replay of a trace', () => {
  it('a pass asks for an expert once for all its tokens, in ascending order, layer by layer', () => {
    const trace: ExpertTrace = {
      header: { layers: 2, experts: 4, used: 2, source: 'by hand' },
      records: [
        {
          layer: 0,
          rows: [
            [3, 1],
            [1, 0],
          ],
        },
        {
          layer: 1,
          rows: [
            [2, 0],
            [2, 0],
          ],
        },
      ],
    };
    expect(accessesOf(trace)).toEqual({ keys: [0, 1, 3, 4, 6], keyCount: 8 });
  });

  it('the hits of a small trace are the hits counted by hand', () => {
    // The keys are 0, 4, 0, 5, 0, 4. With room for two entries, 0 hits twice, and 4 makes room for 5. With room for four
    // entries all but the first uses hit.
    const trace = traceOf(2, 4, [[0], [0], [0], [1], [0], [0]]);
    const results = replayTrace(
      trace,
      [0.25, 0.5],
      policies.filter(({ name }) => ['lru', 'belady'].includes(name)),
    );
    expect(results.map(({ policy, room, hitRate }) => [policy, room, hitRate * 6])).toEqual([
      ['lru', 0.25, 2],
      ['belady', 0.25, 2],
      ['lru', 0.5, 3],
      ['belady', 0.5, 3],
    ]);
  });

  it('a loop of three experts in a cache of two has no hit by lru, and one of two by the optimum', () => {
    const trace = traceOf(1, 8, [[0], [1], [2], [0], [1], [2], [0], [1], [2]]);
    const results = replayTrace(trace, [0.25], policies);
    const hits = Object.fromEntries(results.map(({ policy, hitRate }) => [policy, Math.round(hitRate * 9)]));
    // After the first two accesses the optimum hits every second access: (C-1)/(N-1).
    expect(hits).toMatchObject({ lru: 0, belady: 3, roundLfu: 3, pinned: 3 });
  });

  it('no policy hits more than belady on a synthetic trace, and the results of all policies are there', () => {
    const trace = syntheticTrace(shape, 256, 1);
    const results = replayTrace(trace, [0.1, 0.25, 0.5], policies);
    expect(results).toHaveLength(3 * Object.keys(cachePolicies).length);
    for (const { policy, hitRate, beladyHitRate } of results)
      expect(hitRate, policy).toBeLessThanOrEqual(beladyHitRate);
  });

  it('a replay without belady is refused', () => {
    expect(() => replayTrace(traceOf(1, 4, [[0]]), [0.5], [])).toThrow(/belady/);
  });
});

describe('predictors', () => {
  const measured = (name: string, trace: ExpertTrace, room: number) => {
    const entry = predictors.find((one) => one.name === name);
    if (entry === undefined) throw new Error(`There is no predictor ${name}.`);
    return measurePredictor(trace, entry, room, lru());
  };

  it('the last token predicts the same layer of the next token', () => {
    const trace = traceOf(2, 4, [[0], [1], [0], [2], [0], [2]]);
    // After the first token: 0, 1, 0, 2 are predicted, of which 0, 0 and 2 are chosen.
    expect(measured('last token', trace, 1)).toMatchObject({ precision: 3 / 4, recall: 3 / 6 });
  });

  it('the most frequent experts of a layer are predicted', () => {
    const trace = traceOf(1, 4, [[3], [3], [1], [3], [1]]);
    // 3 is predicted from the second token on.
    expect(measured('most frequent', trace, 1)).toMatchObject({ precision: 2 / 4, recall: 2 / 5 });
  });

  it('transitions predict what followed the experts of the layer before', () => {
    const rows = [[0], [2], [1], [3], [0], [2], [1], [3], [0], [2]];
    // From the third token on, the second layer is known by the first: 0 leads to 2, and 1 to 3.
    const { recall } = measured('transitions', traceOf(2, 4, rows), 1);
    expect(recall).toBeGreaterThanOrEqual(3 / 10);
    expect(measured('none', traceOf(2, 4, rows), 1)).toMatchObject({ precision: 0, recall: 0, wasted: 0 });
  });

  it('an expert is likely once more than half of the latest tokens used it', () => {
    const trace = traceOf(
      1,
      4,
      Array.from({ length: 8 }, () => [2]),
    );
    // 1 - (7/8)^6 is the first average above one half: two of eight tokens are predicted.
    expect(measured('likely', trace, 1)).toMatchObject({ precision: 1, recall: 2 / 8 });
  });

  it('an expert that is read ahead and not used is wasted, and an expert that is read ahead and used is a hit', () => {
    // Room for one expert. Each time, the last expert is read ahead if it is absent.
    const trace = traceOf(2, 2, [[0], [0], [0], [0], [1], [0]]);
    const result = measured('last token', trace, 1 / 4);
    // Tokens two and three: layer 0 and layer 1 are read ahead in turn. Only expert 1 of the third token is not predicted.
    expect(result.hitRate * 6).toBe(3);
    expect(result.wasted * 6).toBe(1);
    expect(result.reads * 6).toBe(7);
  });

  it('a prediction never changes the hits of accesses when all experts fit', () => {
    const trace = syntheticTrace(shape, 64, 1);
    for (const { name } of predictors) {
      const { hitRate, wasted } = measured(name, trace, 1);
      expect(hitRate, name).toBeGreaterThanOrEqual(measured('none', trace, 1).hitRate);
      if (name === 'last token') expect(wasted).toBe(0);
    }
  });
});

describe('the bars on synthetic traces', () => {
  it.each(mixtureShapes)(
    '$name, room for a quarter of the experts: roundLfu has 0.9 of the hit rate of the optimum, and more than lfu and lru',
    ({ experts, used }) => {
      const main = policies.filter(({ name }) => ['lru', 'lfu', 'roundLfu', 'belady'].includes(name));
      const results = replayTrace(syntheticTrace({ layers: 3, experts, used }, 1024, 2), [0.25], main);
      const rate = (name: string) => results.find(({ policy }) => policy === name)?.hitRate ?? Number.NaN;
      expect(rate('roundLfu') / rate('belady')).toBeGreaterThanOrEqual(0.9);
      expect(rate('roundLfu')).toBeGreaterThan(rate('lru'));
      expect(rate('roundLfu')).toBeGreaterThan(rate('lfu'));
    },
  );
});
