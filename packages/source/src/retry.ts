// A source that repeats failed reads.
import type { ByteSource } from './byte-source.ts';
import { createSource } from './create-source.ts';
import { patienceOf, tryRepeatedly, type RetryOptions } from './try-repeatedly.ts';

/**
 * As `source`, but a read that rejects with `READ_FAILED` or `RANGE_MISMATCH` is repeated after a growing wait, unless
 * the error's `details.transient` is false. The last error is thrown unchanged. Closing ends the waits: reads that wait
 * reject with `CLOSED`.
 *
 * @throws RondoError `BAD_ARGUMENT` unless `attempts` is a positive integer and no wait is negative
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
