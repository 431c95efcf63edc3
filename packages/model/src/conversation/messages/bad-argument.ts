// Errors of messages and tools.
import { quoted, RondoError, shownValue } from '@rondo/errors';

/** An error about an argument. */
export function badArgument(message: string, details: Readonly<Record<string, unknown>> = {}): RondoError {
  return new RondoError('BAD_ARGUMENT', message, { details });
}

/** Whether a value is an object with names: no list and no `Map`, whose content no one would read. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Object]';

/** @throws RondoError `BAD_ARGUMENT` for a value that is no object, and for a key that is not known */
export function checkKeys(
  what: string,
  value: unknown,
  known: readonly string[],
): asserts value is Readonly<Record<string, unknown>> {
  if (!isRecord(value)) {
    throw badArgument(`${what} must be an object, not ${shownValue(value)}.`, { found: value });
  }
  for (const key of Object.keys(value)) {
    if (value[key] === undefined || known.includes(key)) continue;
    throw badArgument(`${what} has no key ${quoted(key)}; it has ${known.join(', ')}.`, { key, known });
  }
}

/** The text of a key; undefined if the key is missing. @throws RondoError `BAD_ARGUMENT` for a value that is no text */
export function textOf(
  what: string,
  value: Readonly<Record<string, unknown>>,
  ...keys: readonly string[]
): string | undefined {
  for (const key of keys) {
    const found = value[key];
    if (found === undefined || found === null) continue;
    if (typeof found !== 'string') {
      throw badArgument(`${key} of ${what} must be a text, not ${shownValue(found)}.`, { key, found });
    }
    return found;
  }
  return undefined;
}
