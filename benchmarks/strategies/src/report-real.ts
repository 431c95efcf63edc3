// The measurements of this machine, with the simulator's results for the same runs.
import { median, percent, table } from '@rondo/bench-shared';
import type { Comparison } from './compare.ts';
import type { Speed } from './speed.ts';
import { nameOf } from './strategies.ts';

/** All measurements, as in the JSON file. */
export interface Measured {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  /** Cores that other processes kept busy meanwhile. If this is much above zero, the times alone are of no use. */
  readonly busyElsewhere: number;
  readonly kernels: string;
  readonly layerBytes: number;
  readonly comparisons: readonly Comparison[];
  readonly speeds: readonly Speed[];
}

/** Renders the results as Markdown. */
export function renderMeasured(measured: Measured): string {
  const { date, machine, busyElsewhere, kernels, layerBytes, comparisons, speeds } = measured;
  const withoutPrefetch = comparisons.filter((one) => one.measured.prefetch === 'none');
  const equal = withoutPrefetch.filter(
    (one) => one.measured.hits === one.simulated.hits && one.measured.loads === one.simulated.loads,
  );
  const loadMs = comparisons.map((one) => one.loadMs);
  return `# Caching and prefetching, measured

${date}. ${machine}; ${kernels}.
Cores that other processes kept busy meanwhile: ${busyElsewhere.toFixed(2)}${busyElsewhere > 0.3 ? ', so these times say little of the machine when it is quiet; what the simulator was given was measured beside them, under the same disturbance' : ''}.
Layers of ${(layerBytes / 2 ** 20).toFixed(1)} MiB, read directly from a file into the CPU backend's memory, with matrix products over all their weights. Reading one took ${median(loadMs).toFixed(1)} ms in the median, from ${Math.min(...loadMs).toFixed(1)} to ${Math.max(...loadMs).toFixed(1)} in the course of the benchmark.

## How well simulated and measured times agree

Reading and computing were measured right before and after each run and given to the simulator. Without prefetch, where timing decides nothing, hits and reads must be equal: they are in ${equal.length} of ${withoutPrefetch.length} runs. Deviation is measured time over simulated time, less 1; half of the runs are within the quartiles.

${deviationTable(comparisons)}

## Milliseconds per access, measured (simulated)

${timeTables(comparisons)}

## Speed of the simulator

${table(
  ['', 'accesses a second'],
  speeds.map(({ what, accessesPerSecond }) => [what, Math.round(accessesPerSecond).toLocaleString('en')]),
)}
`;
}

/** The deviation of a run: 0 if the simulator predicted its time exactly. */
export function deviation({ measured, simulated }: Comparison): number {
  return measured.timeMs / simulated.timeMs - 1;
}

function deviationTable(comparisons: readonly Comparison[]): string {
  const header = ['work', 'prefetch', 'runs', 'median', 'quartiles', 'reads, median'];
  const groups = distinct(comparisons, (one) => `${one.measured.balance}|${one.measured.prefetch}`);
  const rows = groups.map((group) => {
    const own = comparisons.filter((one) => `${one.measured.balance}|${one.measured.prefetch}` === group);
    const sorted = own.map(deviation).toSorted((a, b) => a - b);
    const quartile = (part: number): string =>
      signed(sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN);
    return [
      ...group.split('|'),
      String(own.length),
      signed(median(sorted)),
      `${quartile(0.25)} to ${quartile(0.75)}`,
      signed(median(own.map((one) => one.measured.loads / one.simulated.loads - 1))),
    ];
  });
  return table(header, rows);
}

function timeTables(comparisons: readonly Comparison[]): string {
  const titleOf = ({ measured }: Comparison): string =>
    `${measured.pattern}, ${measured.balance}, room for ${measured.slots}`;
  return distinct(comparisons, titleOf)
    .map((title) => {
      const own = comparisons.filter((one) => titleOf(one) === title);
      const policies = distinct(own, ({ measured }) => measured.policy);
      const strategies = distinct(own, strategyOf);
      const rows = strategies.map((strategy) => [
        strategy,
        ...policies.map((policy) => {
          const found = own.find((one) => one.measured.policy === policy && strategyOf(one) === strategy);
          return found === undefined
            ? ''
            : `${perAccess(found.measured)} (${perAccess(found.simulated)}), ${percent(found.measured.hits / found.measured.accesses, 0)} hits`;
        }),
      ]);
      return `### ${title}\n\n${table(['prefetch', ...policies], rows)}`;
    })
    .join('\n\n');
}

function perAccess({ timeMs, accesses }: Comparison['measured']): string {
  return (timeMs / accesses).toFixed(2);
}

function strategyOf({ measured }: Comparison): string {
  return nameOf({ name: measured.prefetch, distance: measured.distance });
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${percent(Math.abs(share), 0)}`;
}

function distinct<T>(list: readonly T[], by: (one: T) => string): string[] {
  return [...new Set(list.map(by))];
}
