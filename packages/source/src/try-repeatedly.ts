// When and how patiently something that failed is tried again. Knows errors and time, nothing of sources.
import { isRondoError, RondoError } from '@rondo/errors';
import { systemClock, type Clock } from './clock.ts';

/** How often and how patiently reads are tried again. */
export interface RetryOptions {
  /** Tries of one read in all, the first included. Default 4. */
  readonly attempts?: number | undefined;
  /** Wait before the second try; each further wait is twice as long. Default 100. */
  readonly backoffMs?: number | undefined;
  /** No wait is longer, except where a server asks for more. Default 5000. */
  readonly maxBackoffMs?: number | undefined;
  /**
   * Gives a number from 0 to 1 for each wait, which is shortened by up to half, so that clients that failed together do
   * not come back together. Default: no wait is shortened.
   */
  readonly random?: (() => number) | undefined;
  /** Resolves after so many milliseconds; rejects with the signal's reason on abort. Default: `setTimeout`. */
  readonly wait?: Clock['wait'] | undefined;
}

/** Settled and checked options. */
export type Patience = Readonly<Required<{ [Name in keyof RetryOptions]: NonNullable<RetryOptions[Name]> }>>;

/** @throws RondoError `BAD_ARGUMENT` when attempts is no positive integer or a wait is negative */
export function patienceOf(options: RetryOptions): Patience {
  const {
    attempts = 4,
    backoffMs = 100,
    maxBackoffMs = 5000,
    random = () => 0,
    wait = systemClock.wait,
  } = options;
  if (!Number.isSafeInteger(attempts) || attempts < 1 || !(backoffMs >= 0) || !(maxBackoffMs >= 0)) {
    throw new RondoError('BAD_ARGUMENT', 'Retrying takes attempts of 1 or more, and waits of 0 ms or more.', {
      details: { attempts, backoffMs, maxBackoffMs },
    });
  }
  return { attempts, backoffMs, maxBackoffMs, random, wait };
}

/**
 * Calls `attempt` until it succeeds, fails for good or has failed as often as `patience` allows; the last error is
 * thrown as it came.
 *
 * @param progress when this number has grown since the last failure, earlier failures do not count any more
 */
export async function tryRepeatedly<T>(
  attempt: () => Promise<T>,
  patience: Patience,
  signal: AbortSignal,
  progress: () => number = () => 0,
): Promise<T> {
  let failures = 0;
  let reached = progress();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (progress() > reached) failures = 0;
      reached = progress();
      if (++failures >= patience.attempts || !mayPass(error)) throw error;
      const { retryAfterMs = 0 } = error.details as { readonly retryAfterMs?: number };
      const backoffMs = Math.min(patience.maxBackoffMs, patience.backoffMs * 2 ** (failures - 1));
      await patience.wait(Math.max(retryAfterMs, backoffMs * (1 - patience.random() / 2)), signal);
    }
  }
}

/** Whether the same call may succeed later: reads that failed or brought other bytes than asked for, unless they say no. */
function mayPass(error: unknown): error is RondoError {
  return (
    isRondoError(error) &&
    (error.code === 'READ_FAILED' || error.code === 'RANGE_MISMATCH') &&
    error.details['transient'] !== false
  );
}
