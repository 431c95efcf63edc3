// The error for a command line that makes no sense; an error while a sensible command runs is a RondoError.

/** Wrong usage: shown with the command's usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
