// The errors of reading over HTTP. They carry `transient`: whether the same request may succeed later.
import { RondoError, type RondoErrorCode } from '@rondo/errors';

/** What an error says beside its message. */
export interface HttpErrorDetails {
  readonly status?: number | undefined;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** Wait that the server asked for. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error about what `name` says at the beginning of its message. */
export function httpError(
  code: RondoErrorCode,
  name: string,
  problem: string,
  { cause, ...details }: HttpErrorDetails,
): RondoError {
  return new RondoError(code, `${name}: ${problem}`, { details: { url: name, ...details }, cause });
}
