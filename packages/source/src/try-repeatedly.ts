// When, how often and after which waits a failed call is repeated. Works on errors and time, without sources.
import { isRondoError, RondoError } from '@rondo/errors';
import { systemClock, type Clock } from './clock.ts';

/** How often and after which waits reads are repeated. */
export interface RetryOptions {
  /** The number of attempts of one read, including the first. Default 4. */
  readonly attempts?: number | undefined;
  /** The wait before the second attempt, in milliseconds; each further wait is twice as long. Default 100. */
  readonly backoffMs?: number | undefined;
  /** The longest wait, in milliseconds, unless a server asks for more. Default 5000. */
  readonly maxBackoffMs?: number | undefined;
  /**
   * Returns a number from 0 to 1 for each wait; 1 shortens the wait by half, 0 not at all. Clients that failed together then do
   * not return together. Default: no wait is shortened.
   */
  readonly random?: (() => number) | undefined;
  /** Resolves after the given milliseconds; on abort rejects with the signal's reason. Default: `setTimeout`. */
  readonly wait?: Clock['wait'] | undefined;
}

/** The options with defaults, checked. */
export type Patience = Readonly<Required<{ [Name in keyof RetryOptions]: NonNullable<RetryOptions[Name]> }>>;

/** @throws RondoError `BAD_ARGUMENT` unless `attempts` is a positive integer and no wait is negative */
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
 * Calls `attempt` until it succeeds, fails for good, or has failed as often as `patience` allows. The last error is
 * thrown unchanged.
 *
 * @param progress when this number has grown since the last failure, earlier failures no longer count
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

/**
 * Whether the same call may succeed later: yes if a read failed or brought other bytes than requested, unless
 * `details.transient` of the error is false.
 */
function mayPass(error: unknown): error is RondoError {
  return (
    isRondoError(error) &&
    (error.code === 'READ_FAILED' || error.code === 'RANGE_MISMATCH') &&
    error.details['transient'] !== false
  );
}
