// The figures by which two checkouts are compared, from the result files of the benchmarks.
import { median } from '@rondo/bench-shared';

/** A figure of one run. */
export interface Figure {
  readonly row: string;
  readonly value: number;
  /** Whether a smaller value is better. */
  readonly isCost: boolean;
}

interface Bar {
  readonly what: string;
  readonly against: string;
  readonly reached: number;
  readonly isCost?: boolean;
}

/** The bars of a result file (`latest.json`). */
export function figuresOf(results: { bars: readonly Bar[] }): Figure[] {
  return results.bars.map(({ what, against, reached, isCost = false }) => ({
    row: `${what}, against ${against}`,
    value: reached,
    isCost,
  }));
}

/** A row with the figures of both checkouts. */
export interface Comparison {
  readonly row: string;
  readonly before: number;
  readonly after: number;
  /** The speed of `after` relative to `before`: 1 is equal, 0.9 is a tenth worse. */
  readonly ratio: number;
  readonly verdict: 'slower' | 'faster' | 'same';
}

/** A median that differs by a smaller share is noise. */
const NOISE = 0.03;

/** Compares the rounds of a row: medians, and whether the new median lies outside the spread of the old rounds. */
export function compare(
  row: string,
  isCost: boolean,
  before: readonly number[],
  after: readonly number[],
): Comparison {
  const [old, now] = [median(before), median(after)];
  const ratio = isCost ? old / now : now / old;
  const outside = now < Math.min(...before) || now > Math.max(...before);
  const verdict = !outside ? 'same' : ratio < 1 - NOISE ? 'slower' : ratio > 1 + NOISE ? 'faster' : 'same';
  return { row, before: old, after: now, ratio, verdict };
}
