// The type of a string method.
import type { Arguments } from '../arguments.ts';
import type { Run } from '../run.ts';
import type { Text } from '../text.ts';
import type { Value } from '../values.ts';

/** A string method. */
export interface TextMethod {
  readonly parameters: readonly string[];
  /** The number of parameters without a default. */
  readonly required: number;
  /** Whether Python also accepts the arguments by name. */
  readonly takesNames?: true;
  call(run: Run, of: Text, given: Arguments): Value;
}
