// Ends a request that its caller aborted, or that brings too few bytes.
import type { Clock } from '../clock.ts';
import { httpError } from './errors.ts';

/** The limit below which a request counts as idle. */
export interface IdleLimit {
  readonly idleMs: number;
  readonly wait: Clock['wait'];
  /** The fewest bytes that have to arrive within `idleMs`. */
  readonly leastBytes: number;
  /** The source's name in errors. */
  readonly name: string;
}

/**
 * Runs a step of `request`. Aborts the request with the signal's reason, or with `READ_FAILED` if fewer than `leastBytes`
 * arrived within `idleMs`. Otherwise a read would wait for ever for a server that sends a byte now and then. Settles when
 * the step settles; an aborted step must reject with the request's reason.
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
    // Rejects if the step has ended first.
    watch().catch(() => {});
    return await step();
  } finally {
    ended.abort();
    signal.removeEventListener('abort', onAbort);
  }
}
