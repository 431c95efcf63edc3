// Learns how far ahead to fetch, from how prefetches end and from when nothing is in flight.
import type { PrefetchOutcome } from './fetch-ahead.ts';

/** A distance that follows the outcomes of prefetches. */
export interface Lookahead {
  /** How many keys ahead are fetched, at least 1. */
  readonly distance: number;
  /** A key is about to be acquired; `isIdle` says whether nothing was in flight until then. */
  observed(isIdle: boolean): void;
  /** A prefetch ended; `early` is the number of keys observed between the end of its load and its use. */
  ended(outcome: PrefetchOutcome, early: number): void;
  /** There was no room for a prefetch. */
  refused(): void;
}

/** The number of outcomes that are judged together. */
const WINDOW = 8;
/**
 * The distance rises after a late prefetch if, at more than the share `TOLERATED_IDLE` of the keys, no load was in flight.
 * The distance falls if the share of wasted prefetches is above `TOLERATED_WASTED`.
 */
const TOLERATED_IDLE = 1 / WINDOW;
const TOLERATED_WASTED = 1 / 4;
/**
 * After a rise for which the cache had no room, the next rise is tried this many windows later. After each further failure
 * the number of windows doubles, up to the limit.
 */
const FIRST_PATIENCE = 4;
const LONGEST_PATIENCE = 64;

/**
 * A distance that starts at 1 and is at most `maxDistance`. Late prefetches raise the distance only if no load is in flight at
 * other times. If a load is always in flight, loads are slower than the computation, and an earlier load gains nothing.
 */
export function lookahead(maxDistance: number): Lookahead {
  let distance = 1;
  let late = 0;
  let wasted = 0;
  let total = 0;
  let earliest = Infinity;
  let idle = 0;
  let observations = 0;
  let patience = FIRST_PATIENCE;
  let waitWindows = 0;

  function setDistance(to: number): void {
    distance = Math.max(1, Math.min(maxDistance, to));
    late = wasted = total = idle = observations = 0;
    earliest = Infinity;
  }

  function decide(): void {
    const isIdle = idle / Math.max(1, observations) > TOLERATED_IDLE;
    waitWindows = Math.max(0, waitWindows - 1);
    if (wasted / total > TOLERATED_WASTED) setDistance(distance - 1);
    else if (late > 0 && isIdle && waitWindows === 0) setDistance(distance + 1);
    // All prefetches arrived at least one key before they were needed.
    else setDistance(late === 0 && earliest >= 2 ? distance - 1 : distance);
  }

  return {
    get distance() {
      return distance;
    },
    observed(isIdle) {
      observations += 1;
      if (isIdle) idle += 1;
    },
    ended(outcome, early) {
      total += 1;
      if (outcome === 'late') late += 1;
      else if (outcome === 'wasted') wasted += 1;
      else earliest = Math.min(earliest, early);
      if (total === WINDOW) decide();
    },
    refused() {
      // The next key is always fetched: the distance is at least 1.
      if (distance === 1) return;
      waitWindows = patience;
      patience = Math.min(LONGEST_PATIENCE, 2 * patience);
      setDistance(distance - 1);
    },
  };
}
