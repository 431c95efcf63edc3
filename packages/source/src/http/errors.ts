// The errors of reading over HTTP. Each error has `transient`: whether the same request may succeed later.
import { RondoError, type RondoErrorCode } from '@rondo/errors';

/** The details of an error. */
export interface HttpErrorDetails {
  readonly status?: number | undefined;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** The wait, in milliseconds, that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error whose message begins with `name`. */
export function httpError(
  code: RondoErrorCode,
  name: string,
  problem: string,
  { cause, ...details }: HttpErrorDetails,
): RondoError {
  return new RondoError(code, `${name}: ${problem}`, { details: { url: name, ...details }, cause });
}
