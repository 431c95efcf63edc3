// Names the resource that limited the speed of a run, by the measured times of the run alone.

/** The limit of the speed of passes. */
export type Bound = 'computation' | 'bandwidth' | 'latency';

/** Passes that wait less than this share of their time are bound by the computation. */
const TOLERATED_STALL = 0.1;
/** If reads are under way for more than this share of the time, their bandwidth is the limit. */
const BUSY = 0.85;

/**
 * The limit of passes. Together the passes took `passMs` milliseconds and waited `stallMs` of them for weights; reads were
 * under way during `readMs`. `computation`: the passes hardly waited. `bandwidth`: the passes waited, and the source was busy
 * nearly all the time. `latency`: the passes waited, and the source was idle for much of the time. Undefined without a pass.
 */
export function boundOf(passMs: number, stallMs: number, readMs: number): Bound | undefined {
  if (passMs === 0) return undefined;
  if (stallMs < passMs * TOLERATED_STALL) return 'computation';
  return readMs > passMs * BUSY ? 'bandwidth' : 'latency';
}
