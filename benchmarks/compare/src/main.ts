// `pnpm bench:compare OLD`: runs the benchmarks of another checkout and of this one in turns. Ends with exit code 1 if a
// row is slower.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table } from '@rondo/bench-shared';
import { compareKernels } from './kernels.ts';
import { compare, figuresOf, type Comparison, type Figure } from './rows.ts';

const usage = `Usage: pnpm bench:compare OLD [options]
  OLD                another checkout of this repository, with its packages installed and its kernels built
  --only NAMES       some of: kernels,peers,streaming (default all)
  --rounds N         rounds of each checkout (default 7; kernels 5 times as many)
  --dtypes NAMES     data types of the kernels, such as Q4_0,Q4_K (default all)
  --models FOLDER    where the synthetic models are kept between rounds (default: a temporary folder)`;

/** The arguments with which each benchmark runs in a process of its own. */
const benches: Readonly<Record<string, readonly string[]>> = {
  peers: ['--quick', '--only', 'q4_0,q4_k,prefill'],
  streaming: ['--quick', '--only', '7b,7b-512mib,lookup'],
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: ['kernels', ...Object.keys(benches)].join(',') },
    rounds: { type: 'string', default: '7' },
    dtypes: { type: 'string' },
    models: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const names = flags.only.split(',');
const rounds = Number(flags.rounds);
const [old] = positionals;

if (flags.help) console.log(usage);
else if (
  old === undefined ||
  positionals.length > 1 ||
  !(rounds >= 1) ||
  !names.every((name) => name === 'kernels' || name in benches)
) {
  console.error(usage);
  process.exitCode = 2;
} else await main({ before: resolve(old), after: resolve(import.meta.dirname, '../../..') });

async function main(checkouts: Readonly<Record<'before' | 'after', string>>): Promise<void> {
  const compared = names.includes('kernels')
    ? await compareKernels(checkouts, 5 * rounds, flags.dtypes?.split(','))
    : [];
  const inProcesses = names.filter((name) => name !== 'kernels');
  if (inProcesses.length > 0) compared.push(...(await compareProcesses(checkouts, inProcesses)));
  console.log(
    table(
      ['row', 'before', 'after', 'ratio', 'verdict'],
      compared.map(({ row, before, after, ratio, verdict }) => [
        row,
        before.toFixed(3),
        after.toFixed(3),
        ratio.toFixed(2),
        verdict,
      ]),
    ),
  );
  const slower = compared.filter(({ verdict }) => verdict === 'slower');
  console.log(`\n${slower.length} of ${compared.length} rows are slower.`);
  if (slower.length > 0 || compared.length === 0) process.exitCode = 1;
}

/** Runs benchmarks of both checkouts in turns, each in a process of its own. */
async function compareProcesses(
  checkouts: Readonly<Record<'before' | 'after', string>>,
  names: readonly string[],
): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-compare-'));
  const rows = new Map<string, { isCost: boolean; before: number[]; after: number[] }>();
  try {
    for (let round = 0; round < rounds; round++) {
      // Each round begins with the other checkout, so that neither always runs on a warm machine.
      const order = round % 2 === 0 ? (['before', 'after'] as const) : (['after', 'before'] as const);
      for (const name of names) {
        for (const side of order) {
          console.error(`Round ${round + 1} of ${rounds}: ${name}, ${side} …`);
          for (const { row, value, isCost } of await figures(name, checkouts[side], folder)) {
            const known = rows.get(row) ?? { isCost, before: [], after: [] };
            known[side].push(value);
            rows.set(row, known);
          }
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const both = [...rows].filter(([, { before, after }]) => before.length > 0 && after.length > 0);
  return both.map(([row, { isCost, before, after }]) => compare(row, isCost, before, after));
}

/** Runs a benchmark of a checkout, and returns its figures. */
async function figures(name: string, checkout: string, folder: string): Promise<Figure[]> {
  const out = join(folder, 'results');
  await rm(out, { recursive: true, force: true });
  const args = [...(benches[name] ?? []), '--models', flags.models ?? folder, '--out', out];
  const program = join(checkout, 'benchmarks', name, 'src/main.ts');
  const child = spawn(process.execPath, ['--conditions=rondo-source', program, ...args], {
    cwd: checkout,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${program} ends with ${code}.`);
  return figuresOf(
    JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Parameters<typeof figuresOf>[0],
  );
}
