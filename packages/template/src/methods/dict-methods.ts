// Methods of mappings. Python's sandbox forbids the methods that change a mapping.
import { bindPositions } from '../arguments.ts';
import { hashOf } from '../hash.ts';
import { each } from '../iterate.ts';
import type { Run } from '../run.ts';
import { callable, undefinedValue, type Dict, type Entry, type Named, type Value } from '../values.ts';

const forbidden = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);

/** A mapping with the same value for each key. */
export function fromKeys(run: Run, given: readonly Value[], named: Named): Value {
  const [keys = null, value = null] = bindPositions('fromkeys', ['keys', 'value'], 1, given, named);
  const entries = new Map<string, Entry>();
  for (const key of each(run, keys)) {
    run.budget.collect(2);
    const hash = hashOf(run, key);
    if (!entries.has(hash)) entries.set(hash, { key, value });
  }
  return { kind: 'dict', entries };
}

/** The method with this name; undefined if there is none. */
export function dictMethod(of: Dict, name: string): Value | undefined {
  switch (name) {
    case 'get':
      return callable(name, (run, given, named) => {
        const [key = null, otherwise = null] = bindPositions(name, ['key', 'default'], 1, given, named);
        return of.entries.get(hashOf(run, key))?.value ?? otherwise;
      });
    case 'keys':
    case 'values':
    case 'items':
      return callable(name, (_, given, named) => {
        bindPositions(name, [], 0, given, named);
        return { kind: 'view', of, part: name };
      });
    case 'copy':
      return callable(name, (_, given, named) => {
        bindPositions(name, [], 0, given, named);
        return of;
      });
    case 'fromkeys':
      return callable(name, fromKeys);
    default:
      return forbidden.has(name)
        ? undefinedValue(`access to attribute '${name}' of 'dict' object is unsafe.`)
        : undefined;
  }
}
