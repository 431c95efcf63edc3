// `pnpm bench:kernels`: how fast the CPU backend's kernels read weights, and what a submission costs.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@rondo/backend-cpu';
import { describeMachine, watchOthers, writeResults } from '@rondo/bench-shared';
import { randomNumbers, randomWeights } from '@rondo/tensor/conformance';
import { compileReader } from './compile-reader.ts';
import { measureOperations, type TimedOperation } from './operations.ts';
import { measureOverhead, type Overhead } from './overhead.ts';
import { measureProducts, type Product, type Reading, type Sizes } from './products.ts';
import { createReader } from './reader.ts';
import { render, type Results } from './report.ts';

const usage = `Usage: pnpm bench:kernels [options]
  --quick            three repetitions on less memory; figures good for a glance only
  --memory-mib N     weights that fit no cache, in MiB (default 160; several times the last cache; all types together must fit 4 GiB)
  --threads A,B,…    numbers of threads (default 1, 2, 4, … and one for each core)
  --attempts N       measure up to N times until other processes leave the cores alone (default 1)
  --out FOLDER       where latest.json and latest.md go (default benchmarks/kernels/results)`;

/** With fewer cores than this busy elsewhere, figures need no second try. */
const CALM_CORES = 0.1;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'memory-mib': { type: 'string' },
    threads: { type: 'string' },
    attempts: { type: 'string', default: '1' },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const memoryMiB = Number(flags['memory-mib'] ?? (flags.quick ? 64 : 160));
  const threadCounts = flags.threads?.split(',').map(Number) ?? defaultThreads();
  const attempts = Number(flags.attempts);
  if (!(memoryMiB >= 1 && memoryMiB <= 512 && attempts >= 1 && threadCounts.every((count) => count >= 1))) {
    console.error(`--memory-mib takes 1 to 512, --threads and --attempts numbers from 1 on.\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const matrices = 16;
  const sizes: Sizes = {
    width: 4096,
    matrices,
    matrixBytes: (memoryMiB / matrices) * 2 ** 20,
    cachedBytes: 512 * 1024,
    cachedPasses: flags.quick ? 64 : 512,
    promptTokens: 64,
    repetitions: flags.quick ? 3 : 15,
  };
  const results = await run(sizes, threadCounts, attempts);
  const text = render(results);
  console.log(text);
  await writeResults(flags.out, text, results);
}

/** 1, 2, 4, … and as many as there are cores. */
function defaultThreads(): number[] {
  const cores = availableParallelism();
  const powers = Array.from({ length: 8 }, (_, power) => 2 ** power);
  return [...powers.filter((count) => count < cores), cores];
}

async function run(sizes: Sizes, threadCounts: readonly number[], attempts: number): Promise<Results> {
  const machine = await describeMachine();
  const module = await compileReader();
  const runs: Run[] = [];
  for (const threads of threadCounts) runs.push(await calmestRun(module, sizes, threads, attempts));
  return {
    date: new Date().toISOString(),
    machine,
    kernels: runs.map(({ kernels }) => kernels),
    busyElsewhere: runs.map(({ busyElsewhere }) => busyElsewhere),
    sizes,
    readings: runs.flatMap(({ readings }) => readings),
    products: runs.flatMap(({ products }) => products),
    operations: runs.flatMap(({ operations }) => operations),
    overheads: runs.map(({ overhead }) => overhead),
  };
}

/** What was found with one number of threads. */
interface Run {
  readonly kernels: string;
  readonly busyElsewhere: number;
  readonly readings: readonly Reading[];
  readonly products: readonly Product[];
  readonly operations: readonly TimedOperation[];
  readonly overhead: Overhead;
}

/** Of at most `attempts` runs the first that had the machine to itself, or the one that came closest. */
async function calmestRun(
  module: WebAssembly.Module,
  sizes: Sizes,
  threads: number,
  attempts: number,
): Promise<Run> {
  const runs: Run[] = [];
  while (runs.length < attempts) {
    const run = await runOnce(module, sizes, threads);
    console.error(`threads: ${threads}; cores busy elsewhere: ${run.busyElsewhere.toFixed(2)}`);
    runs.push(run);
    if (run.busyElsewhere < CALM_CORES) break;
  }
  const [calmest] = runs.toSorted((a, b) => a.busyElsewhere - b.busyElsewhere);
  if (!calmest) throw new Error('unreachable');
  return calmest;
}

async function runOnce(module: WebAssembly.Module, sizes: Sizes, threads: number): Promise<Run> {
  const bytes = sizes.matrices * sizes.matrixBytes;
  const tile = randomWeights('Q8_0', 1024, 2048, randomNumbers(3));
  const backend = await cpu({ threads });
  const reader = await createReader(module, { threads, bytes, tile });
  const othersSince = watchOthers();
  const measured = await measureProducts(backend, reader, threads, sizes);
  const operations = await measureOperations(backend, threads, sizes.repetitions);
  const overhead = await measureOverhead(backend, threads, sizes.repetitions);
  const busyElsewhere = othersSince();
  await reader.dispose();
  await backend.dispose();
  return { kernels: backend.description, busyElsewhere, ...measured, operations, overhead };
}
