// All charts, from the results.
import type { TopLevelSpec } from 'vega-lite';
import { ENTRIES } from '../patterns.ts';
import { FAST_COMPUTING, type Cell, type HitRate } from '../product.ts';
import { policyColors, prefetchColors } from './colors.ts';
import { lineChart, type LinePoint } from './lines.ts';

/** Hit rate by policy over cache size, without prefetch. */
export function hitRateChart(hitRates: readonly HitRate[], accesses: number): TopLevelSpec {
  return lineChart({
    title: 'Which policy keeps what is needed again',
    subtitle: [
      `Hit rate without prefetch, ${accesses.toLocaleString('en')} accesses to ${ENTRIES} equal entries. Dashed: Belady’s optimum, which knows the future.`,
      'A sequential scan is not shown: nothing returns, so no policy has a hit.',
    ],
    xTitle: `room in the cache, entries of ${ENTRIES}`,
    yTitle: 'hit rate, %',
    points: hitRates
      .filter(({ pattern }) => pattern !== 'sequential')
      .map(({ pattern, policy, slots, hitRate }) => ({
        panel: pattern,
        line: policy,
        x: slots,
        y: 100 * hitRate,
      })),
    colors: policyColors,
    dashed: ['belady'],
    columns: 3,
    yHighest: 100,
  });
}

/** Entries a second by policy over cache size, without and with prefetch. */
export function throughputChart(cells: readonly Cell[]): TopLevelSpec {
  const shown = ['inference', 'back-and-forth', 'experts'];
  const columns = [
    { prefetch: 'none', distance: 0, label: 'no prefetch' },
    { prefetch: 'async', distance: 2, label: 'async, 2 ahead' },
  ];
  const points: LinePoint[] = columns.flatMap(({ prefetch, distance, label }) =>
    shown.flatMap((pattern) => {
      const own = cells.filter(
        (cell) =>
          cell.balance === FAST_COMPUTING.name &&
          cell.pattern === pattern &&
          cell.prefetch === prefetch &&
          cell.distance === distance,
      );
      const panel = `${pattern}, ${label}`;
      const perSecond = ({ accesses }: Cell, ms: number): number => (accesses / ms) * 1000;
      return [
        ...own.map((cell) => ({ panel, line: cell.policy, x: cell.slots, y: perSecond(cell, cell.timeMs) })),
        ...own
          .filter(({ policy }) => policy === 'belady')
          .map((cell) => ({ panel, line: 'limit', x: cell.slots, y: perSecond(cell, cell.limitMs) })),
      ];
    }),
  );
  return lineChart({
    title: 'Throughput over cache size',
    subtitle: [
      'Entries computed a second, simulated; reading one takes 10 ms, computing 2.5 ms. belady is the policy that knows the future;',
      'the limit has all reads hidden behind computing besides, or all computing behind reads.',
    ],
    xTitle: `room in the cache, entries of ${ENTRIES}`,
    yTitle: 'entries a second',
    points,
    colors: { ...policyColors, limit: '#888888' },
    dashed: ['belady', 'limit'],
    columns: 3,
  });
}

/** Time per token by strategy over prefetch distance. */
export function timePerTokenChart(cells: readonly Cell[], slots: number): TopLevelSpec {
  const own = cells.filter((cell) => cell.pattern === 'inference' && cell.slots === slots);
  const points: LinePoint[] = [];
  const colors: Record<string, string> = { limit: '#888888' };
  const dashed = ['limit'];
  for (const cell of own) {
    const perToken = (ms: number): number => (ms / cell.accesses) * ENTRIES;
    const add = (line: string, x: number, ms: number): number =>
      points.push({ panel: cell.balance, line, x, y: perToken(ms) });
    if (cell.policy !== 'lru' && cell.policy !== 'pinned') continue;
    const lines =
      cell.prefetch === 'none'
        ? [...new Set(own.flatMap(({ prefetch, distance }) => (distance ? [prefetch] : [])))]
        : [cell.prefetch];
    for (const prefetch of lines) {
      const line = `${prefetch}, ${cell.policy}`;
      colors[line] = prefetchColors[prefetch] ?? '#000000';
      if (cell.policy === 'lru' && !dashed.includes(line)) dashed.push(line);
      for (const x of cell.distance === undefined ? [0, 1, 2, 3, 4] : [cell.distance])
        add(line, x, cell.timeMs);
    }
    if (cell.policy === 'pinned' && cell.distance !== undefined && cell.prefetch !== 'sync')
      add('limit', cell.distance, cell.limitMs);
  }
  return lineChart({
    title: 'Time per token over prefetch distance',
    subtitle: [
      `Inference over ${ENTRIES} layers with room for ${slots}, simulated; reading a layer takes 10 ms. Distance 0 is no prefetch.`,
      'Full lines: pinned; dashed: lru. predictive chooses its distance by itself.',
    ],
    xTitle: 'prefetch distance, layers ahead',
    yTitle: 'ms a token',
    points,
    colors,
    dashed,
    columns: 3,
  });
}
