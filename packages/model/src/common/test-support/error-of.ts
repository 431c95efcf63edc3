import { isRondoError, type RondoError } from '@rondo/errors';

/** The `RondoError` that `run` throws. @throws any other error of `run`; an `Error` if `run` throws nothing */
export function errorOf(run: () => unknown): RondoError {
  try {
    run();
  } catch (error) {
    if (isRondoError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
