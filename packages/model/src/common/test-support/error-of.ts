import { isRondoError, type RondoError } from '@rondo/errors';

/** The `RondoError` that `run` throws. Any other error is thrown on, and so is that nothing was thrown. */
export function errorOf(run: () => unknown): RondoError {
  try {
    run();
  } catch (error) {
    if (isRondoError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
