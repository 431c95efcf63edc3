// Checks of the numbers that strategies receive. Each error says how to correct the mistake.
import { RondoError, shownValue } from '@rondo/errors';

/**
 * @throws RondoError `BAD_ARGUMENT` unless `value` is a whole number of at least 1
 */
export function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    `Prefetch ${name} must be a whole number of at least 1; got ${shownValue(value)}.`,
    {
      details: { [name]: value },
    },
  );
}

/**
 * @throws RondoError `BAD_ARGUMENT` unless `value` is a whole number of at least 1 or Infinity; below Infinity also if
 * `sizeOf` is absent
 */
export function checkBytesInFlight(value: number, sizeOf: unknown): void {
  if (value === Infinity) return;
  checkCount('bytesInFlight', value);
  if (sizeOf !== undefined) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    'Prefetch bytesInFlight needs sizes to count: give the prefetch context a sizeOf, or leave bytesInFlight out.',
    { details: { bytesInFlight: value } },
  );
}
