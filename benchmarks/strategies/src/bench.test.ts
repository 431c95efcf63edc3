// Runs the benchmark from its command line to its files, on layers so small that the times mean nothing; and the real
// engine, whose times are valid only if it reads the right layers.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { none } from '@rondo/prefetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countHits } from './count-hits.ts';
import { endLabels } from './charts/end-labels.ts';
import { createLayerFile, type LayerFile } from './layer-file.ts';
import { patterns } from './patterns.ts';
import { SIZES, type Cell } from './product.ts';
import { createRealEngine, type RealEngine } from './real-engine.ts';
import type { Measured } from './report-real.ts';
import { nameOf, policies, prefetchers } from './strategies.ts';

describe('bench:strategies --quick --real', () => {
  let out: string;
  let printed: string;
  const read = (name: string): Promise<string> => readFile(join(out, name), 'utf8');

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'rondo-bench-'));
    const main = join(import.meta.dirname, 'main.ts');
    const options = ['--quick', '--real', '--layer-mib', '0.25', '--out', out];
    const node = promisify(execFile)(process.execPath, ['--conditions=rondo-source', main, ...options]);
    printed = (await node).stdout;
  }, 240_000);

  afterAll(() => rm(out, { recursive: true }));

  it('bench:strategies prints the tables that it writes', async () => {
    expect(printed.trim()).toBe(`${await read('simulated.md')}\n${await read('real.md')}`.trim());
  });

  it('bench:strategies has every pattern, policy, strategy and size once', async () => {
    const { columns, cells } = JSON.parse(await read('simulated.json')) as {
      columns: string[];
      cells: { pattern: string; balance: string; rows: unknown[][] }[];
    };
    expect(columns.slice(0, 4)).toEqual(['policy', 'prefetch', 'distance', 'slots']);
    expect(new Set(cells.map(({ pattern }) => pattern))).toEqual(new Set(patterns.map(({ name }) => name)));
    expect(cells).toHaveLength(2 * patterns.length + 1);
    for (const { rows } of cells) {
      const found = new Set(rows.map((row) => row.slice(0, 4).join(' ')));
      expect(found.size).toBe(rows.length);
      expect(rows).toHaveLength(policies.length * prefetchers.length * SIZES.length);
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
  });

  it('bench:strategies draws every line and names it', async () => {
    for (const chart of ['hit-rate', 'throughput', 'time-per-token', 'timeline', 'real']) {
      const svg = await read(`${chart}.svg`);
      expect(svg).toMatch(/^<svg[^]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
    for (const { name } of policies)
      expect(await read('hit-rate.svg')).toMatch(new RegExp(`>[^<]*\\b${name}\\b`));
    expect(await read('timeline.svg')).toContain('read ahead');
  });

  it('bench:strategies --real compares runs that can be compared', async () => {
    const { comparisons, speeds } = JSON.parse(await read('real.json')) as Pick<Measured, 'speeds'> & {
      comparisons: (Pick<Cell, 'prefetch' | 'accesses'> & { measured: Cell; simulated: Cell })[];
    };
    expect(comparisons.length).toBeGreaterThan(20);
    for (const { prefetch, accesses, measured, simulated } of comparisons) {
      expect(measured.hits + measured.lateHits + measured.misses).toBe(accesses);
      expect(Math.min(measured.timeMs, simulated.timeMs)).toBeGreaterThan(0);
      if (prefetch !== 'none') continue;
      expect([measured.hits, measured.loads]).toEqual([simulated.hits, simulated.loads]);
    }
    expect(speeds.filter(({ accessesPerSecond }) => accessesPerSecond > 0)).toHaveLength(policies.length + 3);
  });
});

describe('the real engine', () => {
  let layerFile: LayerFile;
  let engine: RealEngine;

  beforeAll(async () => {
    layerFile = await createLayerFile(32, 2 ** 18);
    engine = await createRealEngine(layerFile, 'once');
  });
  afterAll(async () => {
    await engine.dispose();
    await layerFile.remove();
  });

  it('the real engine computes with the requested layer', async () => {
    const values = await engine.firstValues();
    expect(new Set(values).size).toBe(32);
    expect(await engine.firstValues()).toEqual(values);
  });

  it.each(policies)(
    'the real engine with $name has the hits that counting without time gives',
    async ({ create }) => {
      for (const { trace: traceOf, name } of patterns.filter((one) => one.name !== 'sequential')) {
        const trace = traceOf(100);
        const { cache } = await engine.run({
          trace,
          keys: 32,
          slots: 8,
          policy: create(trace),
          prefetch: none(),
        });
        expect([name, cache.hits]).toEqual([name, countHits(trace, 32, 8, create(trace))]);
      }
    },
  );

  it.each(prefetchers.map((entry) => ({ title: nameOf(entry), ...entry })))(
    '$title: loses nothing',
    async (entry) => {
      const trace = patterns.flatMap((pattern) => (pattern.name === 'inference' ? pattern.trace(96) : []));
      const [lru] = policies;
      if (lru === undefined) throw new Error('There are no policies.');
      const policy = lru.create(trace);
      const { cache, prefetch } = await engine.run({
        trace,
        keys: 32,
        slots: 8,
        policy,
        prefetch: entry.create(),
      });
      expect(cache.hits + cache.lateHits + cache.misses).toBe(96);
      expect(prefetch.useful + prefetch.late + prefetch.wasted).toBe(prefetch.issued);
    },
  );
});

describe('names at the ends of lines', () => {
  const room = { sameWithin: 2, lineHeight: 10, highest: 100 };
  const place = (...values: number[]) =>
    endLabels(
      values.map((value, index) => ({ name: 'abcdef'[index] ?? '?', color: '#000000', value })),
      room,
    );

  it('names at the ends of lines stay in place if there is room', () => {
    expect(place(80, 10).map(({ text, value }) => [...text, value])).toEqual([
      ['b', 10],
      ['a', 80],
    ]);
  });

  it('names at the ends of lines share a label if lines end together', () => {
    expect(place(50, 51, 52, 20).map(({ text, value }) => [text.join(' '), value])).toEqual([
      ['d', 20],
      ['a, b, c', 51],
    ]);
  });

  it('names at the ends of lines move apart, but not above the highest place', () => {
    expect(place(99, 95, 90).map(({ value }) => value)).toEqual([75, 85, 95]);
  });
});
