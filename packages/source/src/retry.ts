// A source that tries failed reads again. It repeats `READ_FAILED` only: every other error would come again.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';

/** How often and how patiently reads are tried again. */
export interface RetryOptions {
  /** Tries of one read in all, the first included. Default 4. */
  readonly attempts?: number | undefined;
  /** Wait before the second try; each further wait is twice as long. Default 100. */
  readonly backoffMs?: number | undefined;
  /** No wait is longer. Default 5000. */
  readonly maxBackoffMs?: number | undefined;
  /** Resolves after so many milliseconds; rejects with the signal's reason on abort. Default: `setTimeout`. */
  readonly wait?: ((waitMs: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/**
 * `source`, but a read that rejects with `READ_FAILED` is tried again after a growing pause. The last error is thrown
 * as it came. Closing ends the pauses: reads in them reject with `CLOSED`.
 *
 * @throws RondoError `BAD_ARGUMENT` when attempts is no positive integer or a wait is negative
 */
export function retry(source: ByteSource, options: RetryOptions = {}): ByteSource {
  const { attempts = 4, backoffMs = 100, maxBackoffMs = 5000, wait = waitByTimer } = options;
  if (!Number.isSafeInteger(attempts) || attempts < 1 || !(backoffMs >= 0) || !(maxBackoffMs >= 0)) {
    throw new RondoError('BAD_ARGUMENT', 'retry() takes attempts of 1 or more, and waits of 0 ms or more.', {
      details: { attempts, backoffMs, maxBackoffMs },
    });
  }
  const closing = new AbortController();

  async function pause(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await wait(waitMs, signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]));
    } catch (error) {
      // On close the next try gives the source's own `CLOSED`.
      if (signal?.aborted || !closing.signal.aborted) throw error;
    }
  }

  return {
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    async readInto(target, offset, readOptions) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await source.readInto(target, offset, readOptions);
        } catch (error) {
          if (attempt === attempts || !(error instanceof RondoError) || error.code !== 'READ_FAILED')
            throw error;
        }
        await pause(Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1)), readOptions?.signal);
      }
    },
    async close() {
      const closed = source.close();
      closing.abort();
      await closed;
    },
  };
}

function waitByTimer(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, waitMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
