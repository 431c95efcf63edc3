// How far ahead to fetch, learned from how prefetches end and from when nothing is being fetched.
import type { PrefetchOutcome } from './fetch-ahead.ts';

/** A distance that follows the outcomes. */
export interface Lookahead {
  /** Keys ahead, at least 1. */
  readonly distance: number;
  /** A key is about to be acquired; `isIdle` when nothing was in flight until then. */
  observed(isIdle: boolean): void;
  /** A prefetch ended; `early` is how many keys were observed between its arrival and its use. */
  ended(outcome: PrefetchOutcome, early: number): void;
  /** There was no room for one. */
  refused(): void;
}

/** So many outcomes are looked at together. */
const WINDOW = 8;
/** One that is late, though the line is idle above this share, asks for more distance; wasted above its share for less. */
const TOLERATED_IDLE = 1 / WINDOW;
const TOLERATED_WASTED = 1 / 4;
/** After a rise that found no room the next is tried this many windows later, then twice as many, up to the limit. */
const FIRST_PATIENCE = 4;
const LONGEST_PATIENCE = 64;

/**
 * Starts at 1 and stays at or below `maxDistance`. What arrives late calls for more distance only where the line is idle at
 * other times: where it never is, loads are simply slower than the computation, and to begin them sooner buys nothing.
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
    // All were there at least one key before they had to be.
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
      // Only what lies beyond the next key can be given up.
      if (distance === 1) return;
      waitWindows = patience;
      patience = Math.min(LONGEST_PATIENCE, 2 * patience);
      setDistance(distance - 1);
    },
  };
}
