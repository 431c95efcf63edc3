// `pnpm bench:peers`: Rondo compared with llama.cpp, native and in WebAssembly, on the same files, threads and machine,
// in turns.
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  barsTable,
  describeMachine,
  inALine,
  median,
  processorFolder,
  writeResults,
  type Bar,
} from '@rondo/bench-shared';
import type { DType } from '@rondo/tensor';
import { realModelPath } from '@rondo/testkit';
import { inTurns, type MsPerToken } from './measure.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { measurePageMemory } from './page-memory.ts';
import { benchModel, type BenchModel, type ModelChoice } from './models.ts';
import { openPage } from './page-peers.ts';
import { openInProcess, type Engine } from './process-peer.ts';
import { prompt } from './prompts.ts';
import { openReading } from './reading.ts';

const names = 'q4_0,q4_k,q5_k,q8_0,q6_k,prefill,smollm2,context,page,page-memory,qwen3.5-4b,qwen3-30b-a3b';
const usage = `Usage: pnpm bench:peers [options]
  --quick            fewer repetitions; figures good for a glance only
  --threads N        threads of every engine (default 2)
  --only NAMES       some of: ${names} (default all)
  --models FOLDER    where the synthetic models are kept; made there if missing (default: a temporary folder)
  --out FOLDER       where latest.md and latest.json go (default benchmarks/peers/results/PROCESSOR)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: names },
    models: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const threads = Number(flags.threads);
const rounds = flags.quick ? 3 : 7;
const pageRounds = flags.quick ? 1 : 3;
const newTokens = flags.quick ? 16 : 32;
const only = new Set(flags.only.split(','));
const SHORT_CONTEXT = 64;
const LONG_CONTEXT = 4096;
const PAGE_ATTEMPTS = 3;

if (flags.help) console.log(usage);
else if (!(threads >= 1 && threads <= 64)) {
  console.error(`--threads takes a number from 1 to 64.\n${usage}`);
  process.exitCode = 2;
} else await main();

async function main(): Promise<void> {
  const folder = flags.models ?? (await mkdtemp(join(tmpdir(), 'rondo-peers-')));
  try {
    const model = () => benchModel(folder, { dtype: 'Q4_0' });
    const parts: Readonly<Record<string, () => Promise<Bar[]>>> = {
      q4_0: () => decodeBars(folder, 'Q4_0'),
      q4_k: () => decodeBars(folder, 'Q4_K'),
      q5_k: () => decodeBars(folder, 'Q5_K'),
      q8_0: () => decodeBars(folder, 'Q8_0'),
      q6_k: () => decodeBars(folder, 'Q6_K'),
      prefill: async () => [
        await prefillBar(await model()),
        await prefillBar(await benchModel(folder, { dtype: 'Q4_K' })),
        await prefillBar(await benchModel(folder, { dtype: 'Q8_0' })),
      ],
      smollm2: () => smolBars(),
      context: async () => [await contextBar(await model())],
      page: async () => pageBars(await model()),
      'page-memory': async () => [
        await pageMemoryBar(await model(), 'http'),
        await pageMemoryBar(await model(), 'blob'),
      ],
      'qwen3.5-4b': () => largeBars(folder, 'Qwen3.5 4B Q4_K', { shape: 'qwen3.5-4b', dtype: 'Q4_K' }),
      'qwen3-30b-a3b': () =>
        largeBars(folder, '30B-A3B Q4_K, 24 of 48 layers', {
          shape: 'qwen3-30b-a3b',
          dtype: 'Q4_K',
          layers: 24,
        }),
    };
    const bars: Bar[] = [];
    for (const [name, measure] of Object.entries(parts)) {
      if (!only.has(name)) continue;
      console.error(`Measuring ${name} …`);
      bars.push(...(await measure()));
      // Finished measurements are kept, whatever happens to the others.
      await report(bars);
    }
    console.log(barsTable(bars));
  } finally {
    if (flags.models === undefined) await rm(folder, { recursive: true });
  }
}

/**
 * The share of native speed to reach. A processor with AVX-VNNI gives native code dot products that WebAssembly has no
 * instruction for, so that plain loads of 16 bytes alone reach 0.82 of native speed there.
 */
async function leastOf(dtype: DType): Promise<{ least: number; goal: number }> {
  const { features = [] } = await describeMachine();
  const isSimple = dtype === 'Q4_0' || dtype === 'Q8_0';
  if (features.includes('avx_vnni')) return isSimple ? { least: 0.7, goal: 0.82 } : { least: 0.65, goal: 1 };
  if (isSimple) return { least: 0.95, goal: 1.1 };
  return { least: dtype === 'Q4_K' ? 0.9 : 0.85, goal: 1 };
}

/** One token after another, compared with llama.cpp and with plain reading. */
async function decodeBars(folder: string, dtype: DType): Promise<Bar[]> {
  const model = await benchModel(folder, { dtype });
  const options = { threads, context: 1024 };
  const engines = [
    { name: 'rondo', peer: await openInProcess('rondo', model.path, options) },
    { name: 'llama.cpp', peer: await openInProcess('llama.cpp', model.path, options) },
    { name: 'reading', peer: await openReading(model.weightBytes, threads) },
  ];
  const {
    rondo = NaN,
    'llama.cpp': native = NaN,
    reading = NaN,
  } = await inTurns(engines, rounds, (peer) => peer.decode(prompt(SHORT_CONTEXT), newTokens));
  for (const { peer } of engines) await peer.close();
  const gigabytes = (ms: number) => (model.weightBytes / ms / 1e6).toFixed(1);
  return [
    {
      what: `decode, 1.1B ${dtype}`,
      against: 'llama.cpp, native',
      reached: native / rondo,
      ...(await leastOf(dtype)),
      figures: `${rondo.toFixed(1)} against ${native.toFixed(1)} ms a token`,
    },
    {
      what: `GB/s of weights, 1.1B ${dtype}`,
      against: 'plain reading in WebAssembly',
      reached: reading / rondo,
      least: 0.5,
      goal: 0.65,
      figures: `${gigabytes(rondo)} of ${gigabytes(reading)} GB/s; llama.cpp ${gigabytes(native)}`,
    },
  ];
}

async function prefillBar({ path, dtype }: Pick<BenchModel, 'path' | 'dtype'>, model = '1.1B'): Promise<Bar> {
  const options = { threads, context: 1024 };
  const engines = [
    { name: 'rondo', peer: await openInProcess('rondo', path, options) },
    { name: 'llama.cpp', peer: await openInProcess('llama.cpp', path, options) },
  ];
  const { rondo = NaN, 'llama.cpp': native = NaN } = await inTurns(engines, rounds, (peer) =>
    peer.prefill(prompt(512)),
  );
  for (const { peer } of engines) await peer.close();
  return {
    what: `prefill of 512 tokens, ${model} ${dtype}`,
    against: 'llama.cpp, native',
    reached: native / rondo,
    least: 0.5,
    goal: 0.8,
    figures: `${(1000 / rondo).toFixed(0)} against ${(1000 / native).toFixed(0)} tokens a second`,
  };
}

/** A real model of the size that pages run. */
async function smolBars(): Promise<Bar[]> {
  const path = realModelPath('smollm2');
  await access(path);
  const options = { threads, context: 1024 };
  const engines = [
    { name: 'rondo', peer: await openInProcess('rondo', path, options) },
    { name: 'llama.cpp', peer: await openInProcess('llama.cpp', path, options) },
  ];
  const { rondo = NaN, 'llama.cpp': native = NaN } = await inTurns(engines, rounds, (peer) =>
    peer.decode(prompt(SHORT_CONTEXT), newTokens),
  );
  for (const { peer } of engines) await peer.close();
  return [
    {
      what: 'decode, SmolLM2-135M Q4_1',
      against: 'llama.cpp, native',
      reached: native / rondo,
      least: 0.6,
      goal: 0.95,
      figures: `${rondo.toFixed(1)} against ${native.toFixed(1)} ms a token`,
    },
    await prefillBar({ path, dtype: 'Q4_1' }, 'SmolLM2-135M'),
  ];
}

/** A model so large that one engine holds it at a time. */
async function largeBars(folder: string, what: string, choice: ModelChoice): Promise<Bar[]> {
  const { path, weightBytes } = await benchModel(folder, choice);
  const memory = `${Math.ceil(weightBytes / 2 ** 30) + 2}GiB`;
  const open = (engine: Engine) => () => openInProcess(engine, path, { threads, context: 1024, memory });
  const engines = { rondo: open('rondo'), 'llama.cpp': open('llama.cpp') };
  const { decode, prefill } = await oneAtATime(engines, rounds, newTokens);
  const bar = (name: string, { rondo = NaN, 'llama.cpp': native = NaN }: MsPerToken) => ({
    what: `${name}, ${what}`,
    against: 'llama.cpp, native',
    reached: native / rondo,
    figures: `${rondo.toFixed(1)} against ${native.toFixed(1)} ms a token`,
  });
  return [
    { ...bar('decode', decode), least: 0.7, goal: 1 },
    { ...bar('prefill of 512 tokens', prefill), least: 0.4, goal: 0.6 },
  ];
}

/** Both engines in one page. wllama 3.8 sometimes corrupts its messages and has to be opened anew. */
async function pageBars(model: BenchModel): Promise<Bar[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await pageBarsOnce(model);
    } catch (error) {
      if (attempt === PAGE_ATTEMPTS) throw error;
      console.error(`The page failed, and is opened anew: ${String(error)}`);
    }
  }
}

async function pageBarsOnce({ path }: BenchModel): Promise<Bar[]> {
  const page = await openPage(path);
  try {
    const options = { threads, context: 1024 };
    const engines = [
      { name: 'rondo', peer: await page.open('rondo', options) },
      { name: 'wllama', peer: await page.open('wllama', options) },
    ];
    const decoded = await inTurns(engines, pageRounds, (peer) => peer.decode(prompt(16), newTokens));
    const read = await inTurns(engines, pageRounds, (peer) => peer.prefill(prompt(128)));
    const bar = (what: string, times: typeof read, least: number, goal: number, figures: string): Bar => ({
      what: `${what}, 1.1B Q4_0, in a page`,
      against: 'wllama',
      reached: (times['wllama'] ?? NaN) / (times['rondo'] ?? NaN),
      least,
      goal,
      figures,
    });
    const ms = ({ rondo = NaN, wllama = NaN }: typeof read) =>
      `${rondo.toFixed(1)} against ${wllama.toFixed(1)} ms a token`;
    return [bar('decode', decoded, 5, 8, ms(decoded)), bar('prefill of 128 tokens', read, 10, 20, ms(read))];
  } finally {
    await page.close();
  }
}

/** The memory that a page takes besides Chromium's own memory, while a model of 607 MiB streams. */
async function pageMemoryBar({ path }: BenchModel, from: 'http' | 'blob'): Promise<Bar> {
  const grantedMebibytes = 200;
  const rounds = flags.quick ? 1 : 3;
  const peaks: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const memory = `${grantedMebibytes}MiB`;
    const { peakBytes, emptyBytes } = await measurePageMemory(path, { from, memory, threads, tokens: 4 });
    peaks.push(peakBytes / 2 ** 20);
    own.push((peakBytes - emptyBytes) / 2 ** 20);
  }
  return {
    what: `peak of a page that streams 1.1B Q4_0 ${from === 'http' ? 'over HTTP' : 'from a blob'}, less an empty page's`,
    against: `${grantedMebibytes} MiB granted`,
    reached: median(own) / grantedMebibytes,
    least: from === 'http' ? 1.5 : 1.8,
    goal: 1.3,
    isCost: true,
    figures: `${median(own).toFixed(0)} MiB; the whole process ${median(peaks).toFixed(0)} MiB`,
  };
}

/** A token after a long text compared with a token after a short text. */
async function contextBar({ path }: BenchModel): Promise<Bar> {
  const peer = await openInProcess('rondo', path, { threads, context: LONG_CONTEXT + 128 });
  const [short, long] = [prompt(SHORT_CONTEXT), prompt(LONG_CONTEXT)];
  // Each text is read again if the other was requested in between; that does not count.
  const times = await inTurns([{ name: 'short', peer }], rounds, () => peer.decode(short, newTokens));
  const longTimes = await inTurns([{ name: 'long', peer }], rounds, () => peer.decode(long, newTokens));
  await peer.close();
  const [atShort, atLong] = [times['short'] ?? NaN, longTimes['long'] ?? NaN];
  return {
    what: `decode at context ${LONG_CONTEXT}, 1.1B Q4_0`,
    against: `Rondo at ${SHORT_CONTEXT}`,
    reached: atLong / atShort,
    least: 1.25,
    goal: 1.15,
    isCost: true,
    figures: `${atLong.toFixed(1)} against ${atShort.toFixed(1)} ms a token`,
  };
}

async function report(bars: readonly Bar[]): Promise<void> {
  const machine = await describeMachine();
  const date = new Date().toISOString();
  const text = [
    '# Rondo and its peers',
    '',
    `${date}. ${inALine(machine)}. ${threads} threads each, ${rounds} rounds in turns (${pageRounds} in the page), medians.`,
    '',
    'Synthetic models of the named shapes (1.1B: TinyLlama). Ratios are of speed, and above 1 where Rondo is faster, but for the context, where they are of time.',
    '',
    barsTable(bars),
    '',
  ].join('\n');
  const out = flags.out ?? join(import.meta.dirname, '../results', processorFolder(machine));
  await writeResults(out, text, { date, machine, threads, bars });
}
