// Methods of strings.
import { bindArguments, bindPositions } from '../arguments.ts';
import { failed } from '../errors.ts';
import type { Run } from '../run.ts';
import { callArguments, mappingArguments, strFormat, type Lookup } from '../str-format.ts';
import type { Text } from '../text.ts';
import { callable, isDict, type Value } from '../values.ts';
import { caseMethods } from './text-case.ts';
import { partMethods } from './text-parts.ts';
import { searchMethods } from './text-search.ts';
import type { TextMethod } from './text-method.ts';
import { shapeMethods } from './text-shape.ts';

const methods: ReadonlyMap<string, TextMethod> = new Map(
  Object.entries({ ...caseMethods, ...partMethods, ...searchMethods, ...shapeMethods }),
);

function format(run: Run, of: Text, lookup: Lookup): Value {
  return callable('format', (_, given, named) => strFormat(run, of, callArguments(given, named), lookup));
}

function formatMap(run: Run, of: Text, lookup: Lookup): Value {
  return callable('format_map', (_, given, named) => {
    const [mapping = null] = bindPositions('format_map', ['mapping'], 1, given, named);
    if (!isDict(mapping)) throw failed('format_map() takes a mapping');
    return strFormat(run, of, mappingArguments(run, mapping), lookup);
  });
}

/** The method with this name; undefined if there is none. */
export function textMethod(run: Run, of: Text, name: string, lookup: Lookup): Value | undefined {
  if (name === 'format') return format(run, of, lookup);
  if (name === 'format_map') return formatMap(run, of, lookup);
  const method = methods.get(name);
  return (
    method &&
    callable(name, (_, given, named) => {
      const bind = method.takesNames === true ? bindArguments : bindPositions;
      const bound = bind(name, method.parameters, method.required, given, named);
      return method.call(run, of, bound);
    })
  );
}
