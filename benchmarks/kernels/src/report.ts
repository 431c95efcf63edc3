// The results as tables that people read, in a terminal and in Markdown alike.
import { inALine, spread, table, type Machine, type Summary } from '@rondo/bench-shared';
import type { TimedOperation } from './operations.ts';
import type { Overhead } from './overhead.ts';
import type { Product, Reading, Sizes } from './products.ts';

/** All that a run found; what the JSON file holds. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** What the backend says of itself, for each number of threads. */
  readonly kernels: readonly string[];
  /** Cores that other processes kept busy meanwhile, for each number of threads. Much above zero, and the figures are low. */
  readonly busyElsewhere: readonly number[];
  readonly sizes: Sizes;
  readonly readings: readonly Reading[];
  readonly products: readonly Product[];
  readonly operations: readonly TimedOperation[];
  readonly overheads: readonly Overhead[];
}

const MEBIBYTE = 2 ** 20;

/** Renders the results as Markdown. */
export function render(results: Results): string {
  const { machine, sizes, kernels, busyElsewhere } = results;
  const memory = `${Math.round((sizes.matrices * sizes.matrixBytes) / MEBIBYTE)} MiB`;
  const cache = `${Math.round(sizes.cachedBytes / 1024)} KiB`;
  return `# Matrix products of the CPU backend

${results.date}. ${inALine(machine)}.
Cores that other processes kept busy meanwhile: ${busyElsewhere.map((cores) => cores.toFixed(2)).join(', ')}.
Kernels: ${kernels.join('; ')}. Weights of ${sizes.width} columns: ${memory} that fit no cache, ${cache} that do.
Medians of ${sizes.repetitions} repetitions, the least and the most in parentheses. GB are 10^9 bytes.

## One token: GB of weights a second

"of reading" is the share of what plain 16-byte reads reach in the same memory with as many threads, each measured right before the product.

${table(...decodeTable(results))}

## ${sizes.promptTokens} tokens: billions of multiplications and additions a second

${table(...promptTable(results))}

## Operations other than products and attention, on one token of a model of a billion weights: microseconds

${table(...operationTable(results))}

## What operations cost beyond their arithmetic: microseconds

An operation adds 64 values and needs the result of the one before, so several threads meet at a barrier first.

${table(...overheadTable(results))}
`;
}

function decodeTable({ products, readings }: Results): [string[], string[][]] {
  const header = ['weights', 'threads', 'from memory', 'of reading', 'from cache', 'of reading'];
  const decode = products.filter(({ tokens }) => tokens === 1);
  const rows = pairs(decode).map(([memory, cache]) => [
    memory.dtype,
    String(memory.threads),
    spread(memory.gigabytesPerSecond),
    percent(memory.shareOfReading),
    spread(cache.gigabytesPerSecond),
    percent(cache.shareOfReading),
  ]);
  const plain = pairs(readings).map(([memory, cache]) => [
    'plain reading',
    String(memory.threads),
    spread(memory.gigabytesPerSecond),
    '',
    spread(cache.gigabytesPerSecond),
    '',
  ]);
  return [header, [...rows, ...plain]];
}

function promptTable({ products, sizes }: Results): [string[], string[][]] {
  const header = ['weights', 'threads', 'from memory', 'from cache'];
  const rows = pairs(products.filter(({ tokens }) => tokens === sizes.promptTokens)).map(
    ([memory, cache]) => [
      memory.dtype,
      String(memory.threads),
      spread(memory.gigaflopsPerSecond),
      spread(cache.gigaflopsPerSecond),
    ],
  );
  return [header, rows];
}

function operationTable({ operations }: Results): [string[], string[][]] {
  const rows = operations.map(({ kind, threads, us }) => [kind, String(threads), spread(us, 2)]);
  return [['operation', 'threads', 'each'], rows];
}

function overheadTable({ overheads }: Results): [string[], string[][]] {
  const header = ['threads', 'empty submission and back', 'dependent operation', 'encoding, on the host'];
  const rows = overheads.map((overhead) => [
    String(overhead.threads),
    spread(overhead.submissionUs),
    spread(overhead.dependentOperationUs, 2),
    spread(overhead.encodingUs, 2),
  ]);
  return [header, rows];
}

/** What was measured in memory with its counterpart in cache; data types together, in the order of threads. */
function pairs<T extends { weightsIn: string; threads: number; dtype?: string }>(
  list: readonly T[],
): [memory: T, cache: T][] {
  const order = [...new Set(list.map(({ dtype }) => dtype))];
  return list
    .filter(({ weightsIn }) => weightsIn === 'memory')
    .toSorted((a, b) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || a.threads - b.threads)
    .flatMap((memory) =>
      list
        .filter(
          ({ weightsIn, threads, dtype }) =>
            weightsIn === 'cache' && threads === memory.threads && dtype === memory.dtype,
        )
        .map((cache): [T, T] => [memory, cache]),
    );
}

function percent({ median }: Summary): string {
  return `${Math.round(median * 100)} %`;
}
