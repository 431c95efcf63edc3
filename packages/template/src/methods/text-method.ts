// What a method of strings is.
import type { Arguments } from '../arguments.ts';
import type { Run } from '../run.ts';
import type { Text } from '../text.ts';
import type { Value } from '../values.ts';

/** A method of strings. */
export interface TextMethod {
  readonly parameters: readonly string[];
  /** How many of the parameters have no default. */
  readonly required: number;
  /** Whether Python takes the arguments by name too. */
  readonly takesNames?: true;
  call(run: Run, of: Text, given: Arguments): Value;
}
