// `pnpm bench:strategies`: every cache policy with every prefetch strategy, on every pattern, compared with the optimum;
// in virtual time, and with `--real` on this machine. `--experts` compares policies and predictors on router traces.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, inALine, watchOthers } from '@rondo/bench-shared';
import { readExpertTrace } from '@rondo/cache';
import { compareWithReal, type Comparison } from './compare.ts';
import { compareOn, compareOnSynthetic } from './experts/compare-experts.ts';
import { renderTrace } from './experts/report-experts.ts';
import { createLayerFile } from './layer-file.ts';
import { ENTRIES } from './patterns.ts';
import { countProduct, simulateProduct } from './product.ts';
import { createRealEngine, type Work } from './real-engine.ts';
import type { Measured } from './report-real.ts';
import { measureSpeed } from './speed.ts';
import { writeExperts, writeMeasured, writeSimulated } from './write-results.ts';

const usage = `Usage: pnpm bench:strategies [options]
  --quick          short traces, and few real runs; figures good for a glance only
  --real           runs the real engine too, on a file that is made for it, and compares
  --layer-mib N    size of a layer of that file, in MiB (default 8; there are 32)
  --experts        cache policies and predictors on synthetic router traces, and nothing else
  --trace FILE     the same on a router trace of rondo generate --trace-experts; prints only
  --out FOLDER     where the results go (default benchmarks/strategies/results)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    experts: { type: 'boolean', default: false },
    trace: { type: 'string' },
    'layer-mib': { type: 'string', default: '8' },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else if (flags.trace !== undefined) {
  const text = await readFile(flags.trace, 'utf8');
  console.log(renderTrace(compareOn(readExpertTrace(text, flags.trace))));
} else if (flags.experts)
  console.log(await writeExperts(flags.out, compareOnSynthetic(flags.quick ? 256 : 4096)));
else await main();

async function main(): Promise<void> {
  const layerMiB = Number(flags['layer-mib']);
  if (!(layerMiB > 0 && layerMiB <= 64)) {
    console.error(`--layer-mib takes a number up to 64.\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const countedAccesses = flags.quick ? 2048 : 32_768;
  const timedAccesses = flags.quick ? 96 : 640;
  console.error('Simulating …');
  const startMs = performance.now();
  const hitRates = countProduct(countedAccesses);
  const cells = await simulateProduct(timedAccesses);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(await writeSimulated(flags.out, { countedAccesses, hitRates, timedAccesses, cells }));
  console.error(
    `${cells.length} runs of ${timedAccesses} accesses in virtual time, in ${seconds.toFixed(1)} s.`,
  );
  if (flags.real) console.log(await writeMeasured(flags.out, await measure(layerMiB)));
}

async function measure(layerMiB: number): Promise<Measured> {
  const speeds = await measureSpeed(flags.quick ? 20_000 : 1_000_000);
  const layerFile = await createLayerFile(ENTRIES, layerMiB * 2 ** 20);
  try {
    const othersSince = watchOthers();
    const even = await compareAt('as loading', 'computing takes about as long as reading');
    const once = await compareAt('once', 'one product with each layer');
    return {
      date: new Date().toISOString(),
      machine: inALine(await describeMachine()),
      busyElsewhere: othersSince(),
      kernels: even.kernels,
      layerBytes: layerFile.layerBytes,
      comparisons: [...even.comparisons, ...once.comparisons],
      speeds,
    };
  } finally {
    await layerFile.remove();
  }

  async function compareAt(
    work: Work,
    balance: string,
  ): Promise<{ kernels: string; comparisons: Comparison[] }> {
    const engine = await createRealEngine(layerFile, work);
    const isMain = work === 'as loading';
    try {
      const comparisons = await compareWithReal(engine, {
        patterns: isMain ? ['inference', 'back-and-forth'] : ['inference'],
        policies: isMain && !flags.quick ? undefined : ['lru', 'pinned'],
        slots: flags.quick ? [16] : [8, 16, 24],
        accesses: flags.quick ? ENTRIES : 3 * ENTRIES,
        balance,
        onCell: (done, of) => {
          if (done % 20 === 0 || done === of) console.error(`${balance}: ${done} of ${of} runs`);
        },
      });
      return { kernels: engine.description, comparisons };
    } finally {
      await engine.dispose();
    }
  }
}
