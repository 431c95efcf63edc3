// What passes cost, as measured: time by the number of their rows. On one machine a pass of nine rows costs nine times as
// much as one of a single row, on another, which waits for weights, the same.
import { createRecentMedian, type RecentMedian } from '../common/recent-median.ts';

/** Times of passes in milliseconds. */
export interface PassCosts {
  /** A pass of so many rows, which belong to so many sessions, took `ms`. */
  note(rows: number, ms: number, sessions?: number): void;
  /** How many other sessions the last pass served, beside any one of its sessions. */
  readonly otherSessions: number;
  /**
   * What a pass of so many rows is expected to take: the median of those measured last, or on the line between the next
   * smaller and the next larger ones; in proportion where none is larger. Undefined where none is as small.
   */
  expect(rows: number): number | undefined;
}

/** Costs of which nothing is known yet. */
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
