// What the figures are held to, and how they compare.
import { table } from './table.ts';

/** A bar and what was reached. */
export interface Bar {
  readonly what: string;
  readonly against: string;
  /** A ratio: ours over theirs in speed, unless `isCost`; or why there is none, about which the figures say more. */
  readonly reached: number | 'failed' | 'left out';
  /** What has to be reached, and what is hoped for. */
  readonly least: number;
  readonly goal: number;
  /** The ratio is of times or of bytes: the smaller the better. */
  readonly isCost?: boolean;
  /** The figures behind it. */
  readonly figures: string;
}

/** Whether the bar is met. */
export function isMet({ reached, least, isCost = false }: Bar): boolean {
  if (typeof reached === 'string') return false;
  return isCost ? reached <= least : reached >= least;
}

/** All bars as a table. */
export function barsTable(bars: readonly Bar[]): string {
  return table(
    ['what', 'against', 'reached', 'to close', 'goal', 'verdict', 'figures'],
    bars.map((bar) => [
      bar.what,
      bar.against,
      typeof bar.reached === 'string' ? '' : bar.reached.toFixed(2),
      String(bar.least),
      String(bar.goal),
      verdict(bar),
      bar.figures,
    ]),
  );
}

function verdict(bar: Bar): string {
  if (typeof bar.reached === 'string') return bar.reached;
  return isMet(bar) ? 'met' : 'missed';
}
