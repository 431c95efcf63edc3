// One run in virtual time: the real cache, policies and prefetch strategies, with a disk and a processor that are only
// numbers.
import { createCache, type CacheEvent, type CachePolicy, type CacheStats } from '@rondo/cache';
import { loopOrder, type PrefetchStats, type PrefetchStrategy } from '@rondo/prefetch';
import { runTrace } from './run-trace.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualDisk, type DiskOptions } from './virtual-disk.ts';

/** The machine that is simulated. */
export interface VirtualMachine {
  readonly disk: DiskOptions;
  /** Bytes of one entry; all are equal. */
  readonly entryBytes: number;
  /** The time of computing with one entry, in milliseconds. */
  readonly computeMs: number;
}

/** A run to be simulated. */
export interface Simulation {
  readonly trace: readonly number[];
  /** The number of different keys of the trace; they are 0 to `keys - 1`. */
  readonly keys: number;
  /** Room in the cache, in entries. */
  readonly slots: number;
  readonly policy: CachePolicy<number>;
  readonly prefetch: PrefetchStrategy;
  readonly machine: VirtualMachine;
  readonly onEvent?: ((event: SimulationEvent) => void) | undefined;
}

/** What happened, and when. */
export type SimulationEvent = { readonly atMs: number } & (
  CacheEvent<number> | { readonly type: 'compute' | 'computed'; readonly key: number }
);

/** The result of a run. */
export interface RunResult {
  readonly timeMs: number;
  readonly cache: CacheStats;
  readonly prefetch: PrefetchStats;
}

/** Runs the trace from an empty cache. The same input gives the same result, to the last bit. */
export async function simulate(simulation: Simulation): Promise<RunResult> {
  const { trace, keys, slots, policy, prefetch, machine, onEvent } = simulation;
  const { entryBytes, computeMs } = machine;
  const clock = createVirtualClock();
  const disk = createVirtualDisk(clock, machine.disk);
  const cache = createCache<number, number>({
    budgetBytes: slots * entryBytes,
    policy,
    sizeOf: () => entryBytes,
    async load(key, signal) {
      await disk.read(entryBytes, signal);
      return key;
    },
    now: clock.now,
    onEvent: onEvent && ((event) => onEvent({ ...event, atMs: clock.now() })),
    traceLimit: 0,
  });
  // The engine knows the order of the entries in the file; a pattern may not follow it.
  const next = loopOrder(Array.from({ length: keys }, (_, key) => key));
  const sizeOf = (key: number): number | undefined => (key >= 0 && key < keys ? entryBytes : undefined);
  const prefetcher = prefetch({ cache, next, sizeOf });
  let busyUntilMs = 0;

  /** Computations run one after another, in the order of their requests. */
  function compute(_value: number, key: number): Promise<void> {
    return new Promise((resolve) => {
      const startMs = Math.max(busyUntilMs, clock.now());
      busyUntilMs = startMs + computeMs;
      onEvent?.({ type: 'compute', key, atMs: startMs });
      clock.after(busyUntilMs - clock.now(), () => {
        onEvent?.({ type: 'computed', key, atMs: clock.now() });
        resolve();
      });
    });
  }

  return clock.run(async () => {
    await runTrace({ trace, cache, prefetcher, streams: slots < keys, compute });
    const result = { timeMs: clock.now(), cache: cache.stats, prefetch: prefetcher.stats };
    await cache.dispose();
    return result;
  });
}
