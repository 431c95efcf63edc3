// Ends a request that its caller gave up, or that has gone quiet or brings too little.
import type { Clock } from '../clock.ts';
import { httpError } from './errors.ts';

/** When a request counts as quiet. */
export interface IdleLimit {
  readonly idleMs: number;
  readonly wait: Clock['wait'];
  /** Bytes that have to come in that time at least. */
  readonly leastBytes: number;
  /** What the error calls the source. */
  readonly name: string;
}

/**
 * Runs a step of `request`, which is aborted with the signal's reason, or with `READ_FAILED` when fewer than `leastBytes`
 * have come in `idleMs`: a server that sends a byte now and then would be waited for for ever. Settles when the step does, which is to reject with the request's reason then.
 */
export async function supervise<T>(
  request: AbortController,
  signal: AbortSignal,
  { idleMs, leastBytes, wait, name }: IdleLimit,
  position: () => number,
  step: () => Promise<T>,
): Promise<T> {
  const onAbort = (): void => request.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const ended = new AbortController();
  const watch = async (): Promise<void> => {
    let seen: number;
    do {
      seen = position();
      await wait(idleMs, ended.signal);
    } while (position() - seen >= leastBytes);
    const came = position() - seen;
    const problem = came === 0 ? `nothing came for ${idleMs} ms` : `only ${came} bytes came in ${idleMs} ms`;
    request.abort(httpError('READ_FAILED', name, `${problem}.`, { transient: true }));
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
