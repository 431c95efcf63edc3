// The steps of one pass over a trace, as in the model's forward pass. The simulator and the real engine share them, so
// the two differ only in what reading and computing are.
import type { Cache } from '@rondo/cache';
import type { Prefetcher } from '@rondo/prefetch';

/** The parts of a run. */
export interface TraceRun<V> {
  readonly trace: readonly number[];
  readonly cache: Cache<number, V>;
  readonly prefetcher: Prefetcher<number>;
  /** Whether some entries have to be read again and again; finished computations then make room before the next access. */
  readonly streams: boolean;
  /** Computes with the value of `key`; the lease lasts until then. */
  compute(value: V, key: number): Promise<void>;
}

/** Takes every step of the trace; resolves when the last one has been computed and prefetching has stopped. */
export async function runTrace<V>({
  trace,
  cache,
  prefetcher,
  streams,
  compute,
}: TraceRun<V>): Promise<void> {
  let previous = Promise.resolve();
  for (const key of trace) {
    if (streams) await previous;
    await prefetcher.observe(key);
    const lease = await cache.acquire(key);
    previous = compute(lease.value, key).finally(() => lease.release());
    // A failure surfaces when this promise is awaited; until then it must not count as unhandled.
    previous.catch(() => {});
  }
  await previous;
  await prefetcher.stop();
}
