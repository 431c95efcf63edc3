// Adds up the events of a profile.
import type { ProfileEvent } from './profile-event.ts';

/** The time of one kind of operation. */
export interface OperationTime {
  /** The operation, with the data type of its weight: `matmul Q4_0`. */
  readonly name: string;
  /** Milliseconds, as the mean of all threads. */
  readonly ms: number;
  /** Number of operations. */
  readonly count: number;
  /** Bytes of the weights that the operations read. */
  readonly weightBytes: number;
}

/** What took how long in a profile. */
export interface ProfileSummary {
  /** Number of passes over the weights. */
  readonly passes: number;
  /** Milliseconds that the passes took together. */
  readonly passMs: number;
  /** Number of threads. */
  readonly threads: number;
  /** Kinds of operations, the kind that took longest first. */
  readonly operations: readonly OperationTime[];
  /** Milliseconds in which a thread waited for other threads between two operations, as the mean of all threads. */
  readonly barrierMs: number;
  /** Milliseconds of the passes in which a thread had no work, as the mean of all threads: the host and the reads. */
  readonly idleMs: number;
  /** Milliseconds in which the host encoded operations, chose experts and chose tokens. */
  readonly hostMs: number;
  /** Milliseconds in which passes waited for weights. */
  readonly waitMs: number;
  /** Number of reads, their bytes, and milliseconds in which at least one read was under way. */
  readonly reads: { readonly count: number; readonly bytes: number; readonly busyMs: number };
  /** Number of segments that were evicted. */
  readonly evictions: number;
  /** Number of operations that are missing in the profile, because the host was too busy to read their records. */
  readonly lostOperations: number;
}

/** The name of events in which a thread waits for other threads. */
export const BARRIER = 'barrier';

/** The summary of events. */
export function summaryOf(events: readonly ProfileEvent[]): ProfileSummary {
  const kindOf = ({ track }: ProfileEvent) => track.replace(/ \d+$/, '');
  const of = (kind: string) => events.filter((event) => kindOf(event) === kind);
  const onThreads = of('thread');
  const threads = new Set(onThreads.map(({ track }) => track)).size;
  const byName = new Map<string, { ms: number; count: number; weightBytes: number }>();
  let barrierMs = 0;
  for (const event of onThreads) {
    const { name, track, startMs, endMs, details } = event;
    const ms = (endMs - startMs) / threads;
    if (name === BARRIER) {
      barrierMs += ms;
      continue;
    }
    const sum = byName.get(name) ?? { ms: 0, count: 0, weightBytes: 0 };
    byName.set(name, sum);
    sum.ms += ms;
    // All threads take part in each operation, so the operations of one thread are all operations.
    if (track !== 'thread 0') continue;
    sum.count += 1;
    sum.weightBytes += Number(details?.['weightBytes'] ?? 0);
  }
  const operations = [...byName].map(([name, sum]) => ({ name, ...sum })).toSorted((a, b) => b.ms - a.ms);
  const passes = of('pass');
  const passMs = totalMs(passes);
  const computeMs = operations.reduce((sum, { ms }) => sum + ms, 0);
  const reads = of('read');
  return {
    passes: passes.length,
    passMs,
    threads,
    operations,
    barrierMs,
    idleMs: Math.max(0, passMs - computeMs - barrierMs),
    hostMs: totalMs(of('host')),
    waitMs: coveredMs(of('wait')),
    reads: {
      count: reads.length,
      bytes: reads.reduce((sum, { details }) => sum + Number(details?.['bytes'] ?? 0), 0),
      busyMs: coveredMs(reads),
    },
    evictions: of('evict').length,
    lostOperations: of('lost').reduce((sum, { details }) => sum + Number(details?.['operations'] ?? 0), 0),
  };
}

function totalMs(events: readonly ProfileEvent[]): number {
  return events.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

/** Milliseconds that at least one of the events covers. */
function coveredMs(events: readonly ProfileEvent[]): number {
  let untilMs = -Infinity;
  let covered = 0;
  for (const { startMs, endMs } of events.toSorted((a, b) => a.startMs - b.startMs)) {
    covered += Math.max(0, endMs - Math.max(startMs, untilMs));
    untilMs = Math.max(untilMs, endMs);
  }
  return covered;
}
