// What the figures are held to, and how they compare.
import { table } from '@rondo/bench-shared';

/** A bar and what was reached. */
export interface Bar {
  readonly what: string;
  readonly against: string;
  /** A ratio: ours over theirs in speed, unless `isTime`. */
  readonly reached: number;
  /** What has to be reached, and what is hoped for. */
  readonly least: number;
  readonly goal: number;
  /** The ratio is of times: the smaller the better. */
  readonly isTime?: boolean;
  /** The figures behind it. */
  readonly figures: string;
}

/** Whether the bar is met. */
export function isMet({ reached, least, isTime = false }: Bar): boolean {
  return isTime ? reached <= least : reached >= least;
}

/** All bars as a table. */
export function barsTable(bars: readonly Bar[]): string {
  return table(
    ['what', 'against', 'reached', 'to close', 'goal', 'verdict', 'figures'],
    bars.map((bar) => [
      bar.what,
      bar.against,
      bar.reached.toFixed(2),
      String(bar.least),
      String(bar.goal),
      isMet(bar) ? 'met' : 'missed',
      bar.figures,
    ]),
  );
}
