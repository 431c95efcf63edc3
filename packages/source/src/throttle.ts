// A source that is as slow as a disk or line of your choice: for benchmarks and for trying out what readers do meanwhile.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { systemClock, type Clock } from './clock.ts';
import { createSource } from './create-source.ts';

/** What is modelled. */
export interface ThrottleOptions {
  /** What all reads together get. Default: no limit. */
  readonly bytesPerSecond?: number | undefined;
  /** From the beginning of a read to its first byte; reads wait for it side by side. Default 0. */
  readonly latencyMs?: number | undefined;
  /** Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Concurrent reads take turns by so many bytes, as the requests of a disk's queue do. */
const turnBytes = 256 * 1024;

/**
 * `source`, with each read delayed by `latencyMs` and all of them together limited to `bytesPerSecond`: two reads at once
 * take as long as one after the other, and a small read among large ones waits for its turn only. Where the source
 * itself is slower than the model, it is not slowed further.
 *
 * @throws RondoError `BAD_ARGUMENT` when the rate is not positive or the latency is negative
 */
export function throttle(source: ByteSource, options: ThrottleOptions): ByteSource {
  const { bytesPerSecond = Infinity, latencyMs = 0, clock = systemClock } = options;
  if (!(bytesPerSecond > 0) || !(latencyMs >= 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      'throttle() takes bytesPerSecond above 0 and latencyMs of 0 or more.',
      {
        details: { bytesPerSecond, latencyMs },
      },
    );
  }
  let freeAtMs = -Infinity;

  async function pace(bytes: number, signal: AbortSignal): Promise<void> {
    // Of this read alone; it goes by the model, not by when timers fire, so their lateness does not add up.
    let reachedMs = clock.nowMs() + latencyMs;
    if (latencyMs > 0) await clock.wait(latencyMs, signal);
    for (let done = 0; done < bytes; done += turnBytes) {
      const turnMs = (Math.min(turnBytes, bytes - done) / bytesPerSecond) * 1000;
      reachedMs = Math.max(reachedMs, freeAtMs) + turnMs;
      freeAtMs = reachedMs;
      const waitMs = reachedMs - clock.nowMs();
      if (waitMs > 0) await clock.wait(waitMs, signal);
    }
  }

  return createSource({
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    async read(target, offset, signal) {
      // Both end before the read does, so that nothing writes to the target afterwards.
      const [read, paced] = await Promise.allSettled([
        source.readInto(target, offset, { signal }),
        pace(target.length, signal),
      ]);
      if (read.status === 'rejected') throw read.reason;
      if (paced.status === 'rejected') throw paced.reason;
    },
    close: () => source.close(),
  });
}
