// The argument check that every source makes before it reads.
import { RondoError } from '@rondo/errors';

/**
 * Checks that `length` bytes from `offset` on lie inside a source of `size` bytes.
 *
 * @throws RondoError `OUT_OF_RANGE`
 */
export function checkRange(identity: string, size: number, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && length <= size - offset) return;
  throw new RondoError(
    'OUT_OF_RANGE',
    `Cannot read ${length} bytes at offset ${offset} of ${identity}: it has ${size} bytes. Read inside 0 to size.`,
    { details: { identity, offset, length, size } },
  );
}

/** The error of every call on a source after `close()`. */
export function closedError(identity: string): RondoError {
  return new RondoError('CLOSED', `The source ${identity} is closed. Open it again to read from it.`, {
    details: { identity },
  });
}
