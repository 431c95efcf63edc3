// `pnpm bench:streaming`: models larger than their memory, compared with what disk and processor allow, and with
// llama.cpp under the same limit.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { barsTable, type Bar } from '@rondo/bench-shared';
import { isRondoError, reasonOf } from '@rondo/errors';
import type { Bench, RowFigures, RowResult } from './bench.ts';
import { openInProcess } from './engine-process.ts';
import { findMemoryLimits } from './memory-limit.ts';
import { benchModel, pathOf, type BenchModel, type ModelChoice } from './models.ts';
import { writeReport } from './report.ts';
import { rowsOf, type Row } from './rows.ts';

const allRows = rowsOf();
const names = allRows.map(({ name }) => name).join(',');
const usage = `Usage: pnpm bench:streaming [options]
  --quick            fewer rounds and tokens; figures good for a glance only
  --threads N        threads of every engine (default 2)
  --only NAMES       some of: ${names} (default all)
  --layers N         models cut down to N layers, and memory in proportion; to try the benchmark out
  --models FOLDER    where the synthetic models are kept; made there if missing (default: a temporary folder)
  --cgroup FOLDER    the memory cgroup to make limits below (default: the one that the benchmark is in)
  --unlimited        no memory cgroups: Rondo has its budget alone, llama.cpp all of the machine's memory
  --out FOLDER       where latest.md and latest.json go (default benchmarks/streaming/results/PROCESSOR)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: names },
    layers: { type: 'string' },
    models: { type: 'string' },
    cgroup: { type: 'string' },
    unlimited: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const threads = Number(flags.threads);
const layers = flags.layers === undefined ? undefined : Number(flags.layers);
const only = flags.only.split(',');
const isCount = (value: number) => Number.isInteger(value) && value >= 1 && value <= 64;

if (flags.help) console.log(usage);
else if (!isCount(threads) || !isCount(layers ?? 1))
  fail('--threads and --layers take a number from 1 to 64.');
else if (!only.every((name) => allRows.some((row) => row.name === name))) fail(`--only takes: ${names}.`);
else await main(rowsOf(layers).filter(({ name }) => only.includes(name)));

function fail(message: string): void {
  console.error(`${message}\n${usage}`);
  process.exitCode = 2;
}

async function main(rows: readonly Row[]): Promise<void> {
  const folder = flags.models ?? (await mkdtemp(join(tmpdir(), 'rondo-streaming-')));
  const models = new Map<string, Promise<BenchModel>>();
  const bench = await createBench(folder, models);
  const bars: Bar[] = [];
  const figures: RowFigures[] = [];
  try {
    for (const [index, row] of rows.entries()) {
      console.error(`Measuring ${row.name} …`);
      const result = await resultOf(row, bench);
      bars.push(...result.bars);
      if (result.figures) figures.push(result.figures);
      // Finished measurements are kept, whatever happens to the others.
      await writeReport(flags.out, bench, bars, figures);
      if (flags.models !== undefined) continue;
      const needed = rows.slice(index + 1).map(({ choice }) => choice && pathOf(folder, choice));
      for (const path of [...models.keys()].filter((one) => !needed.includes(one))) {
        await rm(path, { force: true });
        models.delete(path);
      }
    }
    console.log(barsTable(bars));
  } finally {
    if (flags.models === undefined) await rm(folder, { recursive: true });
  }
}

async function createBench(folder: string, models: Map<string, Promise<BenchModel>>): Promise<Bench> {
  const limits = flags.unlimited ? undefined : await findMemoryLimits(flags.cgroup);
  if (!limits && !flags.unlimited && flags.cgroup !== undefined)
    throw new Error(`No memory cgroup can be made below ${flags.cgroup}.`);
  await using runtime = await openInProcess('runtime', { path: '', threads, contextTokens: 0 });
  return {
    threads,
    rounds: flags.quick ? 2 : 4,
    newTokens: flags.quick ? 4 : 10,
    limits,
    runtimeBytes: runtime.loaded.peakRssBytes,
    model(choice: ModelChoice) {
      const path = pathOf(folder, choice);
      const model = models.get(path) ?? benchModel(folder, choice);
      models.set(path, model);
      return model;
    },
  };
}

/** The result of a row; if there is none, a bar that says why. */
async function resultOf(row: Row, bench: Bench): Promise<RowResult> {
  try {
    return await row.measure(bench);
  } catch (error) {
    const { what, against, least, goal } = row;
    const reached = isRondoError(error) && error.code === 'UNSUPPORTED' ? 'left out' : 'failed';
    const figures = reasonOf(error);
    return { bars: [{ what, against, reached, least, goal, figures }] };
  }
}
