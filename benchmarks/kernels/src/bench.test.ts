// Runs the benchmark from its command line to its files, on so little memory that the figures mean nothing; and the
// reading loop, whose figure is valid only if the loop reads everything.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { supportedDtypes } from '@rondo/backend-cpu';
import { summarize } from '@rondo/bench-shared';
import { randomNumbers } from '@rondo/tensor/conformance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileReader } from './compile-reader.ts';
import { createReader } from './reader.ts';
import type { Results } from './report.ts';

describe('bench:kernels --quick', () => {
  let out: string;
  let printed: string;
  let results: Results;

  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), 'rondo-bench-'));
    const main = join(import.meta.dirname, 'main.ts');
    const options = ['--quick', '--memory-mib', '1', '--threads', '1,2', '--out', out];
    const node = promisify(execFile)(process.execPath, ['--conditions=rondo-source', main, ...options]);
    const { stdout } = await node;
    printed = stdout;
    results = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Results;
  }, 120_000);

  afterAll(() => rm(out, { recursive: true }));

  it('bench:kernels has every data type, number of threads, place and number of tokens once', () => {
    const found = results.products.map((one) =>
      [one.dtype, one.threads, one.weightsIn, one.tokens].join(' '),
    );
    const expected = supportedDtypes.flatMap((dtype) =>
      [1, 2].flatMap((threads) =>
        ['memory', 'cache'].flatMap((place) =>
          [1, 64].map((tokens) => `${dtype} ${threads} ${place} ${tokens}`),
        ),
      ),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it('bench:kernels has figures above zero, in order', () => {
    const figures = [
      ...results.products.flatMap((one) => [
        one.gigabytesPerSecond,
        one.gigaflopsPerSecond,
        one.shareOfReading,
      ]),
      ...results.readings.map((one) => one.gigabytesPerSecond),
      ...results.operations.map(({ us }) => us),
      ...results.overheads.flatMap((one) => [one.submissionUs, one.encodingUs]),
    ];
    for (const { min, median, max } of figures) {
      expect(min).toBeGreaterThan(0);
      expect(median).toBeGreaterThanOrEqual(min);
      expect(max).toBeGreaterThanOrEqual(median);
    }
    expect(results.readings.map((one) => `${one.threads} ${one.weightsIn}`)).toEqual([
      '1 memory',
      '1 cache',
      '2 memory',
      '2 cache',
    ]);
    expect(results.overheads.map((one) => one.threads)).toEqual([1, 2]);
    for (const kind of ['rmsNorm', 'rope', 'gated', 'topK'] as const)
      expect(results.operations.filter((one) => one.kind === kind).map((one) => one.threads)).toEqual([1, 2]);
  });

  it('bench:kernels counts two operations for each weight and token', () => {
    for (const { dtype, tokens, gigabytesPerSecond, gigaflopsPerSecond } of results.products) {
      if (dtype === 'F32')
        expect(gigaflopsPerSecond.median / gigabytesPerSecond.median).toBeCloseTo((2 * tokens) / 4);
    }
  });

  it('bench:kernels names the machine and the kernels', () => {
    expect(results.machine.cores).toBeGreaterThan(0);
    expect(results.machine.node).toBe(process.versions.node);
    expect(results.kernels).toHaveLength(2);
    expect(results.busyElsewhere).toHaveLength(2);
    for (const dtype of supportedDtypes) expect(printed).toMatch(new RegExp(`\\| ${dtype} +\\| +2 \\|`));
  });

  it('bench:kernels prints the tables that it writes', async () => {
    expect(printed.trim()).toBe((await readFile(join(out, 'latest.md'), 'utf8')).trim());
  });
});

describe('plain reading', () => {
  it.each([1, 3])('plain reading reads every byte, once in each pass, with %i threads', async (threads) => {
    const random = randomNumbers(5);
    const tile = Uint8Array.from({ length: 300_032 }, () => random() * 256);
    const reader = await createReader(await compileReader(), { threads, bytes: tile.length, tile });
    const xor = new Uint32Array(tile.buffer).reduce((all, word) => all ^ word, 0) >>> 0;
    expect(await reader.read(tile.length, 1)).toBe(xor);
    expect(await reader.read(tile.length, 3)).toBe(xor);
    expect(await reader.read(tile.length, 2)).toBe(0);
    await reader.dispose();
  });
});

it('statistics summarize odd and even numbers of repetitions', () => {
  expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
});
