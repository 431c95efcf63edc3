// The steps of one pass over a trace, as the model's forward pass takes them; the same for the simulator and for the
// real engine, so that the two differ in nothing but what reading and computing are.
import type { Cache } from '@rondo/cache';
import type { Prefetcher } from '@rondo/prefetch';

/** What a run works with. */
export interface TraceRun<V> {
  readonly trace: readonly number[];
  readonly cache: Cache<number, V>;
  readonly prefetcher: Prefetcher<number>;
  /** Whether some entries have to be read again and again: then what was computed makes room before the next access. */
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
    // A failure surfaces when it is awaited; until then it must not count as unhandled.
    previous.catch(() => {});
  }
  await previous;
  await prefetcher.stop();
}
