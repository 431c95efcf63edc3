// Checks that every engine does what it is asked, and that the ratios point the right way. The benchmark measures the
// speed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { barsTable, isMet, type Bar } from '@rondo/bench-shared';
import { writeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTurns } from './measure.ts';
import { measurePageMemory } from './page-memory.ts';
import { openPage } from './page-peers.ts';
import type { Peer } from './peer.ts';
import { openInProcess } from './process-peer.ts';
import { prompt } from './prompts.ts';
import { openReading } from './reading.ts';

const options = { threads: 1, context: 256 };
let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-peers-'));
  path = join(folder, 'tiny.gguf');
  await writeFile(path, writeGguf(synthesize(synthShapes.tiny, { dtype: 'Q4_0' })));
});
afterAll(() => rm(folder, { recursive: true }));

/** Checks each engine on the same prompt. */
async function expectWorks(peer: Peer): Promise<number> {
  const text = 'one two three four';
  const read = await peer.prefill(text);
  const written = await peer.decode(text, 5);
  expect(written.tokens).toBe(5);
  expect(Math.min(read.ms, written.ms)).toBeGreaterThan(0);
  return read.tokens;
}

describe('in processes', () => {
  it('engines in processes read and write the same numbers of tokens', async () => {
    const counts: number[] = [];
    for (const engine of ['rondo', 'llama.cpp'] as const) {
      const peer = await openInProcess(engine, path, options);
      counts.push(await expectWorks(peer));
      await peer.close();
    }
    expect(counts[0]).toBe(counts[1]);
  });

  it('an engine in a process that cannot open its model says so', async () => {
    await expect(openInProcess('rondo', `${path}.missing`, options)).rejects.toThrow(/rondo ended with 1/);
  });
});

describe('in a page', () => {
  it.each(['http', 'blob'] as const)('the memory of a page that reads over %s is measured', async (from) => {
    const memory = await measurePageMemory(path, { from, memory: '64MiB', threads: 1, tokens: 2 });
    expect(memory.emptyBytes).toBeGreaterThan(2 ** 20);
    expect(memory.peakBytes).toBeGreaterThan(memory.emptyBytes);
  });

  it('engines in a page read and write the same numbers of tokens', async () => {
    const page = await openPage(path);
    try {
      const counts: number[] = [];
      for (const engine of ['rondo', 'wllama'] as const)
        counts.push(await expectWorks(await page.open(engine, options)));
      expect(counts[0]).toBe(counts[1]);
    } finally {
      await page.close();
    }
  });
});

it('plain reading moves as many bytes as it reports', async () => {
  const reading = await openReading(2 ** 20, 1);
  const { tokens, ms } = await reading.decode('', 0);
  await reading.close();
  expect(tokens).toBe(1024);
  // Between the speed of a floppy disk and a speed that no memory has.
  expect(tokens / ms).toBeGreaterThan(0.01);
  expect(tokens / ms).toBeLessThan(10_000);
});

it('inTurns asks engines in turns, and leaves the first round out', async () => {
  const asked: string[] = [];
  const engine = (name: string, times: number[]) => {
    const peer: Peer = {
      prefill: () => Promise.reject(new Error('not asked for')),
      decode: async () => {
        asked.push(name);
        return { tokens: 2, ms: times.shift() ?? Number.NaN };
      },
      close: async () => {},
    };
    return { name, peer };
  };
  const engines = [engine('a', [1000, 4, 2, 6]), engine('b', [1000, 8, 8, 8])];
  expect(await inTurns(engines, 3, (peer) => peer.decode('', 2))).toEqual({ a: 2, b: 4 });
  expect(asked.join('')).toBe('abababab');
});

it('bars compare speeds and times in the right direction', () => {
  const bar: Bar = { what: 'w', against: 'x', reached: 0.79, least: 0.8, goal: 1, figures: '' };
  expect(isMet(bar)).toBe(false);
  expect(isMet({ ...bar, reached: 0.8 })).toBe(true);
  expect(isMet({ ...bar, isCost: true })).toBe(true);
  expect(isMet({ ...bar, reached: 0.81, isCost: true })).toBe(false);
  expect(barsTable([bar])).toContain('missed');
});

it('prompts have about the requested length, and each is different', () => {
  expect(prompt(100)).not.toBe(prompt(100));
  expect(prompt(100).split(' ').length).toBeGreaterThan(40);
});
