// How far ahead to fetch, learned from how prefetches end: late ones ask for more, early and wasted ones for less.
import type { PrefetchOutcome } from './fetch-ahead.ts';

/** A distance that follows the outcomes. */
export interface Lookahead {
  /** Keys ahead, at least 1. */
  readonly distance: number;
  /** A prefetch ended; `early` is how many keys were observed between its arrival and its use. */
  ended(outcome: PrefetchOutcome, early: number): void;
  /** There was no room for one. */
  refused(): void;
}

/** So many outcomes are looked at together. */
const WINDOW = 8;
/** Late above this share asks for more distance, wasted above it for less. */
const TOLERATED_LATE = 1 / WINDOW;
const TOLERATED_WASTED = 1 / 4;
/** More distance has helped when the share of late ones fell to this part of what it was. */
const HELPED = 0.8;
/** After a rise that did not help the next is tried this many windows later, then twice as many, up to the limit. */
const FIRST_PATIENCE = 4;
const LONGEST_PATIENCE = 64;

/** Starts at 1 and stays at or below `maxDistance`. */
export function lookahead(maxDistance: number): Lookahead {
  let distance = 1;
  let late = 0;
  let wasted = 0;
  let total = 0;
  let earliest = Infinity;
  /** The share of late ones before the last rise, while that rise is on trial. */
  let lateBefore: number | undefined;
  let patience = FIRST_PATIENCE;
  let waitWindows = 0;

  function setDistance(to: number): void {
    distance = Math.max(1, Math.min(maxDistance, to));
    late = wasted = total = 0;
    earliest = Infinity;
  }

  function decide(): void {
    const lateShare = late / total;
    waitWindows = Math.max(0, waitWindows - 1);
    const onTrial = lateBefore;
    lateBefore = undefined;
    if (onTrial !== undefined && lateShare > HELPED * onTrial) {
      // More distance costs room; where loads are simply slower than the computation it buys nothing.
      waitWindows = patience;
      patience = Math.min(LONGEST_PATIENCE, 2 * patience);
      setDistance(distance - 1);
    } else if (wasted / total > TOLERATED_WASTED) setDistance(distance - 1);
    else if (lateShare > TOLERATED_LATE && waitWindows === 0 && distance < maxDistance) {
      lateBefore = lateShare;
      setDistance(distance + 1);
    } else {
      if (onTrial !== undefined) patience = FIRST_PATIENCE;
      // All were there at least one key before they had to be.
      setDistance(late === 0 && earliest >= 2 ? distance - 1 : distance);
    }
  }

  return {
    get distance() {
      return distance;
    },
    ended(outcome, early) {
      total += 1;
      if (outcome === 'late') late += 1;
      else if (outcome === 'wasted') wasted += 1;
      else earliest = Math.min(earliest, early);
      if (total === WINDOW) decide();
    },
    refused() {
      // Only what lies beyond the next key can be given up.
      lateBefore = undefined;
      if (distance > 1) setDistance(distance - 1);
    },
  };
}
