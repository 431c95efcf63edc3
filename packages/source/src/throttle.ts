// A source that is as slow as a given disk or line, for benchmarks and tests of readers.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { systemClock, type Clock } from './clock.ts';
import { createSource } from './create-source.ts';

/** The properties that are modelled. */
export interface ThrottleOptions {
  /** Bytes a second of all reads together. Default: no limit. */
  readonly bytesPerSecond?: number | undefined;
  /**
   * Milliseconds from the beginning of a read to its first byte; the latencies of concurrent reads overlap. Default 0.
   */
  readonly latencyMs?: number | undefined;
  /** The clock. Default: the platform's clock. */
  readonly clock?: Clock | undefined;
}

/** Concurrent reads take turns of this many bytes, as the requests in a disk's queue do. */
const turnBytes = 256 * 1024;

/**
 * `source`, with each read delayed by `latencyMs` and all reads together limited to `bytesPerSecond`. Two reads at once take as
 * long as two reads in sequence, and a small read does not wait for the end of large reads. A source that is slower than the
 * limit is not slowed further.
 *
 * @throws RondoError `BAD_ARGUMENT` unless the rate is positive and the latency is not negative
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
    // The time that this read has reached by calculation. Timers fire late; this time does not include their delays, so the
    // delays do not add up.
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
      // Waits for both, even if one fails, so that nothing writes to the target afterwards.
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
