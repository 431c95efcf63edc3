// The error of a template: always `BAD_TEMPLATE`, with the kind of failure in its details.
import { isRondoError, RondoError } from '@rondo/errors';

/**
 * Why a template failed: `syntax`: its source is no Jinja; `refused`: it raised an error itself; `failed`: one of its
 * operations failed; `limit`: it exceeded a limit.
 */
export type TemplateFailure = 'syntax' | 'refused' | 'failed' | 'limit';

/** The error of a template whose source is no Jinja. */
export function syntaxError(reason: string, line: number): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template cannot be read: ${reason} (line ${line}).`, {
    details: { failure: 'syntax', reason, line },
  });
}

/** The error of an operation that Python also refuses. */
export function failed(reason: string): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template cannot be rendered: ${reason}.`, {
    details: { failure: 'failed', reason },
  });
}

/** The error that a template raises itself. */
export function refused(reason: string): RondoError {
  return new RondoError('BAD_TEMPLATE', `The template refuses what it was given: ${reason}`, {
    details: { failure: 'refused', reason },
  });
}

/** The error of an exceeded limit. */
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
