// The error of a template: always `BAD_TEMPLATE`, with the kind of failure in its details.
import { isRondoError, RondoError } from '@rondo/errors';

/**
 * Why a template failed: its source is no Jinja, it raised an error itself, an operation of it failed, or it took more
 * than it may.
 */
export type TemplateFailure = 'syntax' | 'refused' | 'failed' | 'limit';

/** The error of a template that cannot be read. */
export function syntaxError(reason: string, line: number): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template cannot be read: ${reason} (line ${line}).`, {
    details: { failure: 'syntax', reason, line },
  });
}

/** The error of an operation that Python refuses too. */
export function failed(reason: string): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template cannot be rendered: ${reason}.`, {
    details: { failure: 'failed', reason },
  });
}

/** The error that a template raises by itself. */
export function refused(reason: string): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template refuses what it was given: ${reason}`, {
    details: { failure: 'refused', reason },
  });
}

/** The error of a limit that was passed. */
export function overLimit(what: string, limit: number): RondoError {
  return new RondoError(
    'BAD_TEMPLATE',
    `The template was stopped: ${what} (the limit is ${limit}). Use another template, or give it less.`,
    { details: { failure: 'limit', limit } },
  );
}

/** Why a template failed; undefined for any other error. */
export function failureOf(error: unknown): TemplateFailure | undefined {
  if (!isRondoError(error) || error.code !== 'BAD_TEMPLATE') return undefined;
  const { failure } = error.details;
  return failure === 'syntax' || failure === 'refused' || failure === 'failed' || failure === 'limit'
    ? failure
    : undefined;
}
