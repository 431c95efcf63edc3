// `pnpm bench:gguf`: how fast headers are parsed, files read, and weights decoded and encoded.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, watchOthers, writeResults } from '@rondo/bench-shared';
import { measureFileReads } from './file-reads.ts';
import { measureFormats } from './formats.ts';
import { measureHeader } from './header.ts';
import { render, type Results } from './report.ts';

const usage = `Usage: pnpm bench:gguf [options]
  --quick       three repetitions on less data; figures good for a glance only
  --out FOLDER  where latest.json and latest.md go (default benchmarks/gguf/results)`;

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const results = await measure(
    flags.quick ? 3 : 15,
    flags.quick ? 2 ** 16 : 2 ** 20,
    flags.quick ? 2 ** 26 : 2 ** 30,
  );
  const text = render(results);
  console.log(text);
  await writeResults(flags.out, text, results);
}

async function measure(repetitions: number, values: number, fileBytes: number): Promise<Results> {
  const machine = await describeMachine();
  const othersSince = watchOthers();
  const header = await measureHeader(repetitions);
  const fileReads = await measureFileReads(repetitions, fileBytes);
  const formats = measureFormats(values, repetitions);
  return {
    date: new Date().toISOString(),
    machine,
    busyElsewhere: othersSince(),
    repetitions,
    header,
    fileReads,
    formats,
  };
}
