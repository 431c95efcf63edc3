// Ends a request that its caller gave up, or that has gone quiet.
import type { Clock } from '../clock.ts';
import { httpError } from './errors.ts';

/** When a request counts as quiet. */
export interface IdleLimit {
  readonly idleMs: number;
  readonly wait: Clock['wait'];
  /** What the error calls the source. */
  readonly name: string;
}

/**
 * Runs a step of `request`, which is aborted with the signal's reason, or with `READ_FAILED` when `pulse` has not changed
 * for `idleMs` (to twice that). Settles when the step does, which is to reject with the request's reason then.
 */
export async function supervise<T>(
  request: AbortController,
  signal: AbortSignal,
  { idleMs, wait, name }: IdleLimit,
  pulse: () => number,
  step: () => Promise<T>,
): Promise<T> {
  const onAbort = (): void => request.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    let seen: number;
    do {
      seen = pulse();
      await wait(idleMs, ended.signal);
    } while (pulse() !== seen);
    request.abort(httpError('READ_FAILED', name, `nothing came for ${idleMs} ms.`, { transient: true }));
  };
  try {
    signal.throwIfAborted();
    // Rejects when the step has ended first.
    watch().catch(() => {});
    return await step();
  } finally {
    ended.abort();
    signal.removeEventListener('abort', onAbort);
  }
}
