// The results for people and for programs.
import { join } from 'node:path';
import {
  barsTable,
  describeMachine,
  inALine,
  processorFolder,
  table,
  writeResults,
  type Bar,
} from '@rondo/bench-shared';
import { mebibytes, type Bench, type RowFigures } from './bench.ts';

/** Writes `latest.md` and `latest.json` into `folder`; by default into the folder of this processor. */
export async function writeReport(
  folder: string | undefined,
  bench: Bench,
  bars: readonly Bar[],
  figures: readonly RowFigures[],
): Promise<void> {
  const { threads, rounds, newTokens, limits, runtimeBytes } = bench;
  const machine = await describeMachine();
  const date = new Date().toISOString();
  const limitedBy = limits?.description ?? 'the budget alone';
  const text = [
    '# Models larger than memory',
    '',
    `${date}. ${inALine(machine)}. ${threads} threads each, ${rounds} rounds in turns, ${newTokens} tokens each time, medians.`,
    '',
    limits
      ? `Memory is limited by ${limitedBy}: what the row says, and ${mebibytes(runtimeBytes)} for the bare runtime, for Rondo and llama.cpp alike.`
      : `Memory is limited by ${limitedBy}, without a memory cgroup. So llama.cpp has the whole page cache to keep the model in, which makes the comparison one with a machine that has enough memory.`,
    '',
    'Synthetic models. Ratios are of speed, and above 1 where Rondo is faster, but for the memory.',
    '',
    barsTable(bars),
    '',
    'Where the physical limits come from: the longer of the computation and of reading what does not fit.',
    '',
    figuresTable(figures),
    '',
  ].join('\n');
  const out = folder ?? join(import.meta.dirname, '../results', processorFolder(machine));
  const all = { date, machine, threads, rounds, newTokens, limitedBy, runtimeBytes, bars, figures };
  await writeResults(out, text, all);
}

function figuresTable(figures: readonly RowFigures[]): string {
  const gigabytes = (bytes: number | undefined) =>
    bytes === undefined ? 'not installed' : (bytes / 1e9).toFixed(2);
  return table(
    [
      'what',
      'measured, ms',
      'limit, ms',
      'computation, ms',
      'missing, GB',
      'read, GB',
      'disk by our reader, GB/s',
      'by fio',
      'read by the run, GB/s',
    ],
    figures.map(({ what, measuredMs, limitMs, computeMs, missingBytes, readBytes, disk }) => [
      what,
      measuredMs.toFixed(0),
      limitMs.toFixed(0),
      computeMs.toFixed(0),
      gigabytes(missingBytes),
      gigabytes(readBytes),
      gigabytes(disk.ownBytesPerSecond),
      gigabytes(disk.fioBytesPerSecond),
      gigabytes((readBytes / measuredMs) * 1000),
    ]),
  );
}
