// Checks the option `tokens`, which all strategies have.
import { RondoError, shownValue } from '@rondo/errors';

/** @throws RondoError `BAD_ARGUMENT` for a value that is no number of tokens */
export function checkTokens(tokens: number | undefined): void {
  if (tokens === undefined || (Number.isInteger(tokens) && tokens >= 1)) return;
  throw new RondoError(
    'BAD_ARGUMENT',
    `tokens must be a whole number of tokens to propose, at least 1, not ${shownValue(tokens)}.`,
  );
}
