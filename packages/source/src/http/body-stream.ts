// Copies the body of a range answer into the caller's memory, chunk by chunk.
import { reasonOf } from '@rondo/errors';
import { bodyReader, type ReadBuffers } from './body-reader.ts';
import { httpError } from './errors.ts';

/** A body whose bytes are read in order. */
export interface BodyStream {
  /**
   * Offset of the next byte in the file. The offset advances while `fill` runs, so that a failed read can continue where
   * the read stopped.
   */
  readonly position: number;
  /** Offset after the last byte. */
  readonly end: number;
  /**
   * Copies the next bytes to `target`, until `target` is full or `end` is reached. At `end`, `fill` checks that the body
   * ends too.
   *
   * @throws RondoError `READ_FAILED` if the connection fails, `RANGE_MISMATCH` if the body is too short or too long
   */
  fill(target: Uint8Array): Promise<void>;
}

/** The body of `response`, with the bytes from `start` to before `end`. `request` can abort it. */
export function bodyStream(
  response: Response,
  request: AbortController,
  start: number,
  end: number,
  name: string,
  buffers: ReadBuffers,
): BodyStream {
  const reader = response.body ? bodyReader(response.body, buffers) : undefined;
  const { signal } = request;
  // Ends a pending read even if the body ignores the request's signal.
  signal.addEventListener('abort', () => void reader?.cancel().catch(() => {}), { once: true });
  let position = start;

  /** Copies the next bytes to `target`, and returns their number; 0 at the end. */
  async function next(target: Uint8Array): Promise<number> {
    signal.throwIfAborted();
    const bytes = await reader?.readInto(target).catch((cause: unknown) => {
      signal.throwIfAborted();
      const reason = reasonOf(cause);
      throw httpError('READ_FAILED', name, `the connection failed at byte ${position}: ${reason}.`, {
        transient: true,
        cause,
      });
    });
    signal.throwIfAborted();
    return bytes ?? 0;
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
        const bytes = await next(target.subarray(position - first, stop - first));
        if (bytes === 0) throw mismatch(`ends at byte ${position}`);
        position += bytes;
      }
      if (position < end) return;
      // Waits for the end of the body, so that the connection can be used again.
      if ((await next(new Uint8Array(1))) === 0) return;
      // The body is too long: it is unknown which of its bytes are right.
      position = first;
      throw mismatch('is longer than that');
    },
  };
}
