// `pnpm bench:kernels`: how fast the CPU backend's kernels read weights, and what a submission costs.
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '@rondo/backend-cpu';
import { randomNumbers, randomWeights } from '@rondo/tensor/conformance';
import { compileReader } from './compile-reader.ts';
import { describeMachine, watchOthers } from './machine.ts';
import { measureOverhead } from './overhead.ts';
import { measureProducts, type Sizes } from './products.ts';
import { createReader } from './reader.ts';
import { render, type Results } from './report.ts';

const usage = `Usage: pnpm bench:kernels [options]
  --quick            three repetitions on less memory; figures good for a glance only
  --memory-mib N     weights that fit no cache, in MiB (default 256; several times the last cache)
  --threads A,B,…    numbers of threads (default 1, 2, 4, … and one for each core)
  --out FOLDER       where latest.json and latest.md go (default benchmarks/kernels/results)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'memory-mib': { type: 'string' },
    threads: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const memoryMiB = Number(flags['memory-mib'] ?? (flags.quick ? 64 : 256));
  const threadCounts = flags.threads?.split(',').map(Number) ?? defaultThreads();
  if (!(memoryMiB >= 1 && memoryMiB <= 512) || !threadCounts.every((count) => count >= 1)) {
    console.error(`--memory-mib takes 1 to 512, --threads numbers from 1 on.\n${usage}`);
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
  const results = await run(sizes, threadCounts);
  const text = render(results);
  console.log(text);
  await mkdir(flags.out, { recursive: true });
  await writeFile(join(flags.out, 'latest.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  await writeFile(join(flags.out, 'latest.md'), text);
}

/** 1, 2, 4, … and as many as there are cores. */
function defaultThreads(): number[] {
  const cores = availableParallelism();
  const powers = Array.from({ length: 8 }, (_, power) => 2 ** power);
  return [...powers.filter((count) => count < cores), cores];
}

async function run(sizes: Sizes, threadCounts: readonly number[]): Promise<Results> {
  const machine = await describeMachine();
  const module = await compileReader();
  const bytes = sizes.matrices * sizes.matrixBytes;
  const tile = randomWeights('Q8_0', 1024, 2048, randomNumbers(3));
  const kernels: string[] = [];
  const busyElsewhere: number[] = [];
  const readings: Results['readings'][number][] = [];
  const products: Results['products'][number][] = [];
  const overheads: Results['overheads'][number][] = [];
  for (const threads of threadCounts) {
    console.error(`${threads} ${threads === 1 ? 'thread' : 'threads'} …`);
    const backend = await cpu({ threads });
    const reader = await createReader(module, { threads, bytes, tile });
    kernels.push(backend.description);
    const othersSince = watchOthers();
    const measured = await measureProducts(backend, reader, threads, sizes);
    readings.push(...measured.readings);
    products.push(...measured.products);
    overheads.push(await measureOverhead(backend, threads, sizes.repetitions));
    busyElsewhere.push(othersSince());
    await reader.dispose();
    await backend.dispose();
  }
  return {
    date: new Date().toISOString(),
    machine,
    kernels,
    busyElsewhere,
    sizes,
    readings,
    products,
    overheads,
  };
}
