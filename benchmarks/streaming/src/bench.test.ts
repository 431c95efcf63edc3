// Checks that the parts measure what they claim. The benchmark itself measures the speeds.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMet } from '@rondo/bench-shared';
import { lacks } from '@rondo/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bench } from './bench.ts';
import { openComputation } from './computation.ts';
import { measureDecode } from './decode.ts';
import { createDiskMeter } from './disk-speed.ts';
import { openInProcess } from './engine-process.ts';
import { findMemoryLimits } from './memory-limit.ts';
import { benchModel, fileBytes, type BenchModel, type ModelChoice } from './models.ts';
import { missingBytes, physicalLimitMs, usedBytes } from './physical-limit.ts';
import { promptIds } from './prompts.ts';
import { rowsOf } from './rows.ts';

const tiny: ModelChoice = { shape: 'tiny', dtype: 'Q4_0' };
/** Less than the tiny model's weights need besides everything else. */
const memoryBytes = 1.25 * 2 ** 20;
const contextTokens = 64;
const limits = await findMemoryLimits();

let folder = '';
let model: BenchModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-streaming-'));
  model = await benchModel(folder, tiny);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the physical limit', () => {
  const dense = { weightBytes: 100, expertBytes: 0, usedShare: 1 };
  const experts = { weightBytes: 100, expertBytes: 80, usedShare: 0.25 };

  it.each([
    ['what does not fit is missing', dense, 70, 30],
    ['nothing is, where all fits', dense, 100, 0],
    ['of experts, as often as they are used', experts, 60, 10],
    ['what every token needs is kept before any expert', experts, 20, 20],
    ['and is missing as a whole where even that does not fit', experts, 15, 25],
  ])('%s', (_, weights, weightRoomBytes, missing) => {
    expect(missingBytes({ ...weights, weightRoomBytes })).toBe(missing);
  });

  it('the physical limit is the longer of computing and reading', () => {
    expect(physicalLimitMs(5, 3e6, 1e9)).toBe(5);
    expect(physicalLimitMs(5, 30e6, 1e9)).toBe(30);
    expect(usedBytes(experts)).toBe(40);
  });
});

describe('engines in processes', () => {
  const run = { prompts: [promptIds(8, 600)], tokens: 4 };

  it('Rondo in a process streams weights that do not fit, and reports the bytes read', async () => {
    const options = { path: model.path, threads: 1, contextTokens, memoryBytes };
    await using engine = await openInProcess('rondo', options);
    const { weightBytes, weightRoomBytes, peakRssBytes } = engine.loaded;
    const missing = weightBytes - weightRoomBytes;
    expect(missing).toBeGreaterThan(0);
    const { tokens, bytesRead, decodeMs, firstTokenMs, ...rest } = await engine.run(run);
    expect(tokens).toBe(4);
    expect(bytesRead / tokens).toBeGreaterThanOrEqual(missing);
    expect(Math.min(decodeMs, firstTokenMs)).toBeGreaterThan(0);
    expect(rest.peakRssBytes).toBeGreaterThanOrEqual(peakRssBytes);
  });

  it('several texts in a process give the same number of tokens each', async () => {
    const options = { path: model.path, threads: 1, contextTokens, sessions: 3, memoryBytes: 2 ** 23 };
    await using engine = await openInProcess('rondo', options);
    const prompts = [promptIds(8, 600), promptIds(8, 600), promptIds(8, 600)];
    expect((await engine.run({ prompts, tokens: 4 })).tokens).toBe(12);
  });

  it('llama.cpp in a process takes the same request', async () => {
    await using engine = await openInProcess('llama.cpp', { path: model.path, threads: 1, contextTokens });
    expect((await engine.run(run)).tokens).toBe(4);
  });

  it('an engine that cannot open its model says why', async () => {
    const options = { path: `${model.path}.missing`, threads: 1, contextTokens };
    await expect(openInProcess('rondo', options)).rejects.toThrow(/Cannot open .*missing/);
  });

  it('an engine that takes too long to load is ended', async () => {
    const options = { path: model.path, threads: 1, contextTokens };
    await expect(openInProcess('rondo', options, undefined, 1)).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      details: { loadingMs: 1 },
    });
  });

  it.skipIf(
    lacks(limits !== undefined, 'limits on memory need a memory cgroup of Linux that this user may divide'),
  )('one that exceeds its limit is killed, and nothing is left of the limit', async () => {
    for (const bytes of [2 ** 24, 2 ** 32]) {
      const limit = await limits?.create(bytes);
      const opening = openInProcess('runtime', { path: '', threads: 1, contextTokens: 0 }, limit);
      if (bytes === 2 ** 24) await expect(opening).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
      else await (await opening)[Symbol.asyncDispose]();
      await limit?.[Symbol.asyncDispose]();
      const [, , , cgroup = ''] = limit?.commandWithin([]) ?? [];
      await expect(stat(cgroup)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });
});

describe('rows', () => {
  const bench: Bench = {
    threads: 1,
    rounds: 1,
    newTokens: 2,
    limits: undefined,
    runtimeBytes: 0,
    model: (choice) => benchModel(folder, choice),
  };

  it('the computation of a model that does not fit the machine is measured on fewer layers and scaled by bytes', async () => {
    const others = { contextTokens, othersBytes: 0 };
    await using part = await openComputation(bench, tiny, { ...model, bytes: 2 ** 50 }, others);
    expect(part.layers).toBe(1);
    const { weightBytes } = part.process.loaded;
    expect(weightBytes).toBeLessThan(model.bytes);
    expect(part.scaled(10, 3 * weightBytes)).toBe(30);
  });

  it('a decode row gives a share of the limit, and the memory that was used', async () => {
    const { bars, figures } = await measureDecode(bench, {
      what: 'tiny',
      choice: tiny,
      memoryBytes,
      against: 'llama.cpp, mapped',
      withLlamaCpp: true,
      least: 0,
      goal: 1,
    });
    const [speed, memory] = bars;
    expect(speed?.reached).toBeGreaterThan(0);
    expect(speed?.figures).toContain('with the whole page cache');
    // A whole process compared with a budget of a megabyte.
    expect(memory && isMet(memory)).toBe(false);
    expect(figures?.limitMs).toBeGreaterThanOrEqual(figures?.computeMs ?? Number.NaN);
  });

  it('rows with fewer layers have the same share of the memory', () => {
    expect(rowsOf(4).map(({ name }) => name)).toEqual(rowsOf().map(({ name }) => name));
    expect(rowsOf()[0]?.what).toBe('decode, 3.2B Q8_0 in 2 GiB');
    expect(rowsOf(28)[0]?.what).toBe('decode, 3.2B Q8_0, 28 layers, in 2048 MiB');
  });
});

it('the file of a benchmark model has the predicted size', async () => {
  expect(model.bytes / fileBytes(tiny)).toBeCloseTo(1, 1);
  expect((await stat(model.path)).size).toBe(model.bytes);
});

it('the disk meter takes the number of reads in flight that gives most', async () => {
  const meter = await createDiskMeter(model);
  await meter.measure();
  const { bytesPerSecond, ownBytesPerSecond, fioBytesPerSecond = 0 } = meter.result();
  expect(bytesPerSecond).toBe(Math.max(ownBytesPerSecond, fioBytesPerSecond));
  // Between the speed of a floppy disk and a speed that no memory has.
  expect(bytesPerSecond).toBeGreaterThan(1e4);
  expect(bytesPerSecond).toBeLessThan(1e12);
});
