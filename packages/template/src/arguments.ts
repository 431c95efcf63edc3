// The arguments of functions defined in this package: by position or by name, each at most once.
import { failed } from './errors.ts';
import type { Named, Value } from './values.ts';

/** Arguments in the order of the parameters; undefined for an argument that was not given. */
export type Arguments = readonly (Value | undefined)[];

/**
 * Puts the arguments of a call into the order of the parameters.
 *
 * @param required how many of the parameters have no default
 * @throws RondoError `BAD_TEMPLATE` for too many, too few, unknown or repeated arguments
 */
export function bindArguments(
  name: string,
  parameters: readonly string[],
  required: number,
  given: readonly Value[],
  named: Named,
): Arguments {
  if (given.length > parameters.length) {
    throw failed(`${name}() takes at most ${parameters.length} arguments (${given.length} given)`);
  }
  const bound: (Value | undefined)[] = [...given];
  for (const [key, value] of named) {
    const index = parameters.indexOf(key);
    if (index < 0) throw failed(`${name}() got an unexpected keyword argument '${key}'`);
    if (bound[index] !== undefined) throw failed(`${name}() got multiple values for argument '${key}'`);
    bound[index] = value;
  }
  for (let index = 0; index < required; index++) {
    if (bound[index] === undefined) throw failed(`${name}() misses its argument '${parameters[index]}'`);
  }
  return bound;
}

/**
 * As `bindArguments`, for a Python function that takes arguments by position only.
 *
 * @throws RondoError `BAD_TEMPLATE` for too many or too few arguments, or for arguments by name
 */
export function bindPositions(
  name: string,
  parameters: readonly string[],
  required: number,
  given: readonly Value[],
  named: Named,
): Arguments {
  if (named.size > 0) throw failed(`${name}() takes no keyword arguments`);
  return bindArguments(name, parameters, required, given, named);
}
