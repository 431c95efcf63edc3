// The body of a range answer on its way into the caller's memory, chunk by chunk as it comes.
import { httpError } from './errors.ts';

/** A body whose bytes are taken in order. */
export interface BodyStream {
  /** Offset in the file of the next byte. Goes on while `fill` runs, so that a failed one can be taken up where it was. */
  readonly position: number;
  /** Offset behind the last byte. */
  readonly end: number;
  /**
   * Copies the next bytes to `target`, until it is full or `end` is reached; at `end` it checks that the body ends too.
   *
   * @throws RondoError `READ_FAILED` when the connection fails, `RANGE_MISMATCH` when the body is too short or too long
   */
  fill(target: Uint8Array): Promise<void>;
}

/** The body of `response`, which `request` can abort; it holds the bytes from `start` to before `end`. */
export function bodyStream(
  response: Response,
  request: AbortController,
  start: number,
  end: number,
  name: string,
): BodyStream {
  const reader = response.body?.getReader();
  const { signal } = request;
  // Ends a pending read also where the body does not know of the request's signal.
  signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}), { once: true });
  let position = start;
  let left: Uint8Array = new Uint8Array(0);

  /** Whether there is more; then in `left`. */
  async function next(): Promise<boolean> {
    signal.throwIfAborted();
    const chunk = await reader?.read().catch((cause: unknown) => {
      signal.throwIfAborted();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw httpError('READ_FAILED', name, `the connection failed at byte ${position}: ${reason}.`, {
        transient: true,
        cause,
      });
    });
    signal.throwIfAborted();
    left = chunk?.value ?? left;
    return chunk?.done === false;
  }

  const mismatch = (problem: string) =>
    httpError('RANGE_MISMATCH', name, `the answer for bytes ${start} to ${end - 1} ${problem}.`, {
      transient: true,
    });

  return {
    get position() {
      return position;
    },
    end,
    async fill(target) {
      const first = position;
      const stop = Math.min(end, first + target.length);
      while (position < stop) {
        if (left.length === 0 && !(await next())) throw mismatch(`ends at byte ${position}`);
        const taken = left.subarray(0, stop - position);
        target.set(taken, position - first);
        position += taken.length;
        left = left.subarray(taken.length);
      }
      if (position < end) return;
      // The end is waited for, so that the connection can be used again.
      while (left.length === 0) if (!(await next())) return;
      // Which of the bytes are right then, nobody knows.
      position = first;
      throw mismatch('is longer than that');
    },
  };
}
