// The error of a grammar: always `BAD_GRAMMAR`, with the kind of failure in its details.
import { isRondoError, RondoError } from '@rondo/errors';

/**
 * Why a grammar failed. `syntax`: its text cannot be read. `unsupported`: it uses a construct that is not supported.
 * `unsatisfiable`: no finite text can match it. `recursion`: one of its rules begins with itself. `limit`: it exceeds a
 * limit.
 */
export type GrammarFailure = 'syntax' | 'unsupported' | 'unsatisfiable' | 'recursion' | 'limit';

const intros: Readonly<Record<GrammarFailure, string>> = {
  syntax: 'The grammar cannot be read',
  unsupported: 'The grammar uses something that is not supported',
  unsatisfiable: 'No text can match the grammar',
  recursion: 'The grammar never advances',
  limit: 'The grammar is too large',
};

/**
 * The error of a grammar.
 *
 * @param reason the cause, without a full stop
 * @param where the place: a line and column, a JSON pointer or the name of a rule
 */
export function badGrammar(failure: GrammarFailure, reason: string, where?: string): RondoError {
  const place = where === undefined ? '' : ` (${where})`;
  return new RondoError('BAD_GRAMMAR', `${intros[failure]}: ${reason}${place}.`, {
    details: { failure, reason, ...(where === undefined ? {} : { where }) },
  });
}

/** Why a grammar failed; undefined for any other error. */
export function grammarFailureOf(error: unknown): GrammarFailure | undefined {
  if (!isRondoError(error) || error.code !== 'BAD_GRAMMAR') return undefined;
  const { failure } = error.details;
  return typeof failure === 'string' && failure in intros ? (failure as GrammarFailure) : undefined;
}
