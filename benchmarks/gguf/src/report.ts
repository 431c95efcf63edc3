// The results as tables for people, in a terminal and in Markdown.
import { inALine, percent, spread, table, type Machine } from '@rondo/bench-shared';
import type { FileReads } from './file-reads.ts';
import type { FormatSpeed } from './formats.ts';
import type { HeaderTimes } from './header.ts';

/** All results of a run, as in the JSON file. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** Cores that other processes kept busy meanwhile. If this is much above zero, the speeds are too low. */
  readonly busyElsewhere: number;
  readonly repetitions: number;
  readonly header: HeaderTimes;
  readonly fileReads: FileReads;
  readonly formats: readonly FormatSpeed[];
}

/** Renders the results as Markdown. */
export function render(results: Results): string {
  const { date, machine, busyElsewhere, repetitions, header, fileReads, formats } = results;
  return `# Reading GGUF files

${date}. ${inALine(machine)}.
Cores that other processes kept busy meanwhile: ${busyElsewhere.toFixed(2)}.
Medians of ${repetitions} repetitions, the least and the most in parentheses. GB are 10^9 bytes.

## Header with ${header.strings.toLocaleString('en-US')} strings (${(header.fileBytes / 1e6).toFixed(1)} MB): milliseconds

By turns, from the file's name to all arrays, the file in the page cache. Nothing is put off in either: "all looked at" reads every element afterwards.

${table(['parser', 'time', 'ratio'], headerRows(header))}

## Direct reads of ${fileReads.blockBytes / 2 ** 20} MiB each: GB a second

${readSpeeds(fileReads)}

## Formats on one thread: GB of float32 a second

${table(
  ['type', 'decoding', 'encoding'],
  formats.map(({ dtype, decoded, encoded }) => [
    dtype,
    spread(decoded, 2),
    encoded ? spread(encoded, 3) : '',
  ]),
)}
`;
}

function headerRows({ ours, oursTouched, huggingFace }: HeaderTimes): string[][] {
  const ratio = (ms: number): string => (ms / ours.median).toFixed(1);
  return [
    ['@rondo/gguf', spread(ours), ratio(ours.median)],
    ['@rondo/gguf, all looked at', spread(oursTouched), ratio(oursTouched.median)],
    ['@huggingface/gguf', spread(huggingFace), ratio(huggingFace.median)],
  ];
}

function readSpeeds({ fileBytes, speeds }: FileReads): string {
  if (speeds === undefined) return 'The file system of the temporary folder has none.';
  const rows = speeds.map(({ inFlight, ours, fio }) => [
    String(inFlight),
    spread(ours, 2),
    fio ? spread(fio, 2) : 'not installed',
    fio ? percent(ours.median / fio.median, 0) : '',
  ]);
  return `By turns, a quarter of a file of ${fileBytes / 2 ** 20} MiB each time.

${table(['in flight', '@rondo/source', 'fio --direct=1', 'ratio'], rows)}`;
}
