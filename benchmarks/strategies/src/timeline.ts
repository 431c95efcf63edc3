// When disk and processor were busy, from the events of a run.
import type { SimulationEvent } from './simulate.ts';

/** An activity with its time. */
export interface Interval {
  readonly lane: 'processor' | 'disk';
  readonly work: 'computing' | 'read on demand' | 'read ahead';
  readonly key: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The intervals of all computations and of all loads that ended. */
export function intervalsOf(events: readonly SimulationEvent[]): Interval[] {
  const begun = new Map<string, number>();
  const intervals: Interval[] = [];
  for (const event of events) {
    const { key, atMs } = event;
    if (event.type === 'compute' || event.type === 'load') begun.set(`${event.type} ${key}`, atMs);
    else if (event.type === 'computed' || event.type === 'loaded') {
      const isLoad = event.type === 'loaded';
      intervals.push({
        lane: isLoad ? 'disk' : 'processor',
        work: !isLoad ? 'computing' : event.origin === 'demand' ? 'read on demand' : 'read ahead',
        key,
        startMs: begun.get(`${isLoad ? 'load' : 'compute'} ${key}`) ?? atMs,
        endMs: atMs,
      });
    }
  }
  return intervals;
}
