// The error for a command line that makes no sense; what goes wrong while a sensible one runs is a RondoError.

/** Wrong usage: shown with the command's usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
