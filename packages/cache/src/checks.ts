// Checks of the numbers and calls that a cache receives. Each error says how to correct the mistake.
import { RondoError, shownValue } from '@rondo/errors';

/**
 * @throws RondoError `BAD_ARGUMENT` unless `budgetBytes` is a whole number of bytes, at least 1
 */
export function checkBudget(budgetBytes: number): number {
  if (Number.isSafeInteger(budgetBytes) && budgetBytes > 0) return budgetBytes;
  throw new RondoError(
    'BAD_ARGUMENT',
    `The budget of a cache must be a whole number of bytes, at least 1; got ${shownValue(budgetBytes)}.`,
    { details: { budgetBytes } },
  );
}

/**
 * @throws RondoError `BAD_ARGUMENT` unless `bytes` is a whole number, 0 or more
 */
export function checkSize(bytes: number, key: unknown): number {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new RondoError(
    'BAD_ARGUMENT',
    `sizeOf(${String(key)}) must be a whole number of bytes, 0 or more; got ${shownValue(bytes)}.`,
    { details: { key, bytes } },
  );
}

/** The error for an entry that is larger than the whole budget. */
export function budgetTooSmall(key: unknown, neededBytes: number, budgetBytes: number): RondoError {
  return new RondoError(
    'BUDGET_TOO_SMALL',
    `Entry ${String(key)} needs ${neededBytes} bytes, and the cache may hold ${budgetBytes}: ` +
      `raise the budget to at least ${neededBytes} bytes.`,
    { details: { key, neededBytes, budgetBytes } },
  );
}

/** The error for any use after `dispose`. */
export function closedError(): RondoError {
  return new RondoError('CLOSED', 'The cache has been disposed of: create a new one.');
}
