// The reason in a caught value.
import { shownValue } from './shown.ts';

/** The message of a caught error, to be put into the message of another error. Any other thrown value is shown. */
export function reasonOf(caught: unknown): string {
  if (caught instanceof Error) return caught.message;
  return typeof caught === 'string' ? caught : shownValue(caught);
}
