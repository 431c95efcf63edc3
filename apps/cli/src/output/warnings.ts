// Warnings of commands that continue.
import type { RondoWarning } from '@rondo/errors';
import type { Io } from '../io.ts';
import { oneLine } from './printable.ts';

/** Shows each warning on a line of stderr, which is never part of a result. */
export function showWarnings(warnings: readonly RondoWarning[], { stderr }: Io): void {
  for (const { message } of warnings) stderr.write(oneLine(`rondo: warning: ${message}`));
}
