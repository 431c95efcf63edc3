// What a run waited for most: names the limit that the figures show, guesses nothing.

/** What bounds the speed of passes. */
export type Bound = 'computation' | 'bandwidth' | 'latency';

/** Passes that wait less than this share of their time are bound by computing. */
const TOLERATED_STALL = 0.1;
/** Where reads are under way for more than this share, it is their bandwidth that counts. */
const BUSY = 0.85;

/**
 * What bound passes that took `passMs` together, waited `stallMs` of it for weights, and had reads under way during `readMs`:
 * `computation` when they hardly waited, `bandwidth` when they waited while the disk or line was busy all the time,
 * `latency` when it was not. Undefined without a pass.
 */
export function boundOf(passMs: number, stallMs: number, readMs: number): Bound | undefined {
  if (passMs === 0) return undefined;
  if (stallMs < passMs * TOLERATED_STALL) return 'computation';
  return readMs > passMs * BUSY ? 'bandwidth' : 'latency';
}
