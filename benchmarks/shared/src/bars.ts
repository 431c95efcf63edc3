// The bars for the figures, and how figures compare with them.
import { table } from './table.ts';

/** A bar and the reached value. */
export interface Bar {
  readonly what: string;
  readonly against: string;
  /** A ratio: Rondo's speed by the other's, unless `isCost`; or why there is none, which the figures explain. */
  readonly reached: number | 'failed' | 'left out';
  /** The value that must be reached, and the value that is hoped for. */
  readonly least: number;
  readonly goal: number;
  /** Whether the ratio is one of times or bytes, so that smaller is better. */
  readonly isCost?: boolean;
  /** The figures behind the ratio. */
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
