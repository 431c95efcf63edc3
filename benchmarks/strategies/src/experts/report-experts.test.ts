// The tables, figures and the chart of the comparisons on router traces.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachePolicies, writeExpertTrace } from '@rondo/cache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeExperts } from '../write-results.ts';
import { compareOnSynthetic } from './compare-experts.ts';
import { predictors } from './predictors.ts';
import { syntheticTrace } from './synthetic-trace.ts';

const shapes = [
  { name: 'small', layers: 2, experts: 16, used: 2, expertBytes: 2 ** 20 },
  { name: 'other', layers: 3, experts: 8, used: 1, expertBytes: 2 ** 20 },
];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-experts-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The rows of a table whose first cell is `name`. */
const rows = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`| ${name} `));

describe('the report of experts', () => {
  it('the report of synthetic traces has every policy and predictor, says synthetic, and is the same at each run', async () => {
    const results = compareOnSynthetic(64, shapes);
    const text = await writeExperts(folder, results);
    expect(text).toContain('**Synthetic** traces of 64 tokens');
    for (const name of Object.keys(cachePolicies)) expect(rows(text, name), name).toHaveLength(1);
    // One row for each room.
    for (const { name } of predictors) expect(rows(text, name), name).toHaveLength(2);
    expect(rows(text, 'other: 3 × 8, 1 used')).toHaveLength(1);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    expect(await readFile(join(folder, 'experts.md'), 'utf8')).toBe(text);
    expect(JSON.parse(await readFile(join(folder, 'experts.json'), 'utf8'))).toMatchObject({ tokens: 64 });
    expect(await readFile(join(folder, 'experts.svg'), 'utf8')).toMatch(/^<svg[^]*roundLfu[^]*<\/svg>\n$/);
    expect(compareOnSynthetic(64, shapes)).toEqual(results);
  });

  it('bench:strategies --trace replays a recorded trace, and names a file that is none', async () => {
    const path = join(folder, 'recorded.trace');
    const { header, records } = syntheticTrace({ layers: 2, experts: 16, used: 2 }, 32, 1);
    let text = '';
    const add = writeExpertTrace({ ...header, source: 'a model of mine' }, (part) => (text += part));
    for (const record of records) add(record);
    await writeFile(path, text);
    const run = (file: string) =>
      promisify(execFile)(process.execPath, [
        '--conditions=rondo-source',
        join(import.meta.dirname, '../main.ts'),
        '--trace',
        file,
      ]);
    const { stdout } = await run(path);
    expect(stdout).toContain('a model of mine: 2 layers of 16 experts, 2 used, 32 passes');
    expect(stdout).not.toMatch(/synthetic|NaN|undefined/i);
    await writeFile(path, `${text}5 1,2\n`);
    await expect(run(path)).rejects.toThrow(/Line 66 of .*recorded\.trace: the layer must be/);
  });
});
