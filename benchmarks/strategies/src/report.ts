// The simulated results as tables. The same input gives the same text on every machine.
import { percent, table } from '@rondo/bench-shared';
import { ENTRIES, patterns } from './patterns.ts';
import { SIZES, type Cell, type HitRate } from './product.ts';
import { nameOf } from './strategies.ts';

/** All simulated results, as in the JSON file. */
export interface Simulated {
  /** The length of the traces behind `hitRates`. */
  readonly countedAccesses: number;
  readonly hitRates: readonly HitRate[];
  /** The length of the traces behind `cells`. */
  readonly timedAccesses: number;
  readonly cells: readonly Cell[];
}

/** The size of the tables that show one size only. */
export const SHOWN_SLOTS = 16;

/** Renders the results as Markdown. */
export function renderSimulated(results: Simulated): string {
  const { countedAccesses, timedAccesses } = results;
  return `# Caching and prefetching, simulated

The cache, the policies and the prefetch strategies of the packages, in virtual time. ${ENTRIES} equal entries, except in the sequential scan, where nothing returns. Every figure is the same at each run.

${patterns.map(({ name, description }) => `- **${name}**: ${description}.`).join('\n')}

## Hit rate without prefetch

${countedAccesses.toLocaleString('en')} accesses. \`belady\` knows the future: no policy has more hits.

${hitRateTable(results)}

## Reads saved on the inference pattern, with prefetch

The share of accesses for which nothing had to be read, by \`pinned\`, in ${timedAccesses} accesses. In parentheses: what Belady's optimum saves with the slots that prefetching at this distance leaves it.

${savedTable(results)}

## Time per access in milliseconds, room for ${SHOWN_SLOTS} entries

${timedAccesses} accesses; in parentheses the hit rate, late hits not among them. Reading an entry takes 10 ms. The limit is the longer of all computing and of reading what Belady's optimum misses. All sizes are in \`simulated.json\`.

${timeTables(results)}
`;
}

function hitRateTable({ hitRates }: Simulated): string {
  const header = ['pattern', 'policy', ...SIZES.map((slots) => `${slots} of ${ENTRIES}`)];
  const rows = distinct(hitRates, ({ pattern }) => pattern).flatMap((pattern) =>
    distinct(hitRates, ({ policy }) => policy).map((policy) => [
      pattern,
      policy,
      ...SIZES.map((slots) => {
        const found = hitRates.find(
          (one) => one.pattern === pattern && one.policy === policy && one.slots === slots,
        );
        return found === undefined ? '' : percent(found.hitRate);
      }),
    ]),
  );
  return table(header, rows);
}

function savedTable({ cells }: Simulated): string {
  const own = cells.filter(
    ({ pattern, policy, balance }) =>
      pattern === 'inference' && policy === 'pinned' && balance === cells[0]?.balance,
  );
  const header = ['prefetch', ...SIZES.map((slots) => `${slots} of ${ENTRIES}`)];
  const rows = distinct(own, nameOfCell).map((prefetch) => [
    prefetch,
    ...SIZES.map((slots) => {
      const cell = own.find((one) => one.slots === slots && nameOfCell(one) === prefetch);
      if (cell === undefined) return '';
      const { accesses, loads, optimumHitsBeside } = cell;
      const optimum = optimumHitsBeside === undefined ? '–' : percent(optimumHitsBeside / accesses);
      return `${percent(1 - loads / accesses)} (${optimum})`;
    }),
  ]);
  return table(header, rows);
}

function timeTables({ cells }: Simulated): string {
  const shown = cells.filter(({ slots }) => slots === SHOWN_SLOTS);
  return distinct(shown, ({ pattern, balance }) => `${pattern}, ${balance}`)
    .map((title) => {
      const own = shown.filter(({ pattern, balance }) => `${pattern}, ${balance}` === title);
      return `### ${title}\n\n${timeTable(own)}`;
    })
    .join('\n\n');
}

function timeTable(own: readonly Cell[]): string {
  const policies = distinct(own, ({ policy }) => policy);
  const rows = distinct(own, nameOfCell).map((prefetch) => [
    prefetch,
    ...policies.map((policy) => {
      const cell = own.find((one) => one.policy === policy && nameOfCell(one) === prefetch);
      return cell === undefined
        ? ''
        : `${(cell.timeMs / cell.accesses).toFixed(2)} (${percent(cell.hits / cell.accesses, 0)})`;
    }),
  ]);
  const [any] = own;
  const limit = any === undefined ? [] : [['limit', (any.limitMs / any.accesses).toFixed(2)]];
  return table(
    ['prefetch', ...policies],
    [...rows, ...limit.map((row) => [...row, ...policies.slice(1).map(() => '')])],
  );
}

function nameOfCell({ prefetch, distance }: Cell): string {
  return nameOf({ name: prefetch, distance });
}

function distinct<T>(list: readonly T[], by: (one: T) => string): string[] {
  return [...new Set(list.map(by))];
}
