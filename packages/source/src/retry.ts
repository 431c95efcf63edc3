// A source that tries failed reads again.
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { patienceOf, tryRepeatedly, type RetryOptions } from './try-repeatedly.ts';

/**
 * `source`, but a read that rejects with `READ_FAILED` or `RANGE_MISMATCH` is tried again after a growing pause, unless
 * the error's `details.transient` is false. The last error is thrown as it came. Closing ends the pauses: reads in them
 * reject with `CLOSED`.
 *
 * @throws RondoError `BAD_ARGUMENT` when attempts is no positive integer or a wait is negative
 */
export function retry(source: ByteSource, options: RetryOptions = {}): ByteSource {
  const patience = patienceOf(options);
  return createSource({
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    read: (target, offset, signal) =>
      tryRepeatedly(() => source.readInto(target, offset, { signal }), patience, signal),
    close: () => source.close(),
  });
}
