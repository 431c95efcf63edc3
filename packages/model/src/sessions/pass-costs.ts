// The measured costs of passes: milliseconds by the number of rows. On one machine a pass of nine rows costs nine times as
// much as a pass of one row; on another machine, which waits for weights, both cost the same.
import { createRecentMedian, type RecentMedian } from '../common/recent-median.ts';

/** Times of passes in milliseconds. */
export interface PassCosts {
  /** Notes that a pass of `rows` rows, which belong to `sessions` sessions, took `ms` milliseconds. */
  note(rows: number, ms: number, sessions?: number): void;
  /** How many sessions shared the last pass, less one. */
  readonly otherSessions: number;
  /**
   * The expected milliseconds of a pass of `rows` rows: the median of the last passes of that size. Between two measured sizes,
   * the value lies on the line between the medians; above the largest size it grows in proportion. Undefined below the
   * smallest size.
   */
  expect(rows: number): number | undefined;
}

/** Creates costs without measurements. */
export function createPassCosts(): PassCosts {
  const measured = new Map<number, RecentMedian>();
  let otherSessions = 0;
  return {
    note(rows, ms, sessions = 1) {
      otherSessions = sessions - 1;
      const times = measured.get(rows) ?? createRecentMedian();
      times.note(ms);
      measured.set(rows, times);
    },
    get otherSessions() {
      return otherSessions;
    },
    expect(rows) {
      let below = 0;
      let above = Number.POSITIVE_INFINITY;
      for (const some of measured.keys()) {
        if (some <= rows) below = Math.max(below, some);
        if (some >= rows) above = Math.min(above, some);
      }
      const low = measured.get(below)?.value;
      const high = measured.get(above)?.value;
      if (low === undefined || below === rows) return low;
      if (high === undefined) return (low * rows) / below;
      return low + ((high - low) * (rows - below)) / (above - below);
    },
  };
}
