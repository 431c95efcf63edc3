// Variables in nested scopes. A scope sees the scopes around it; a variable assigned in a scope ends with that scope.
import { failed } from '../errors.ts';
import { iterate } from '../iterate.ts';
import type { Run } from '../run.ts';
import type { Target } from '../syntax/nodes.ts';
import { undefinedValue, type Value } from '../values.ts';

/**
 * Variables and the enclosing scope. With few variables a list is searched faster than a map, with many a map is faster.
 */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly names: string[];
  readonly values: Value[];
  map: Map<string, Value> | undefined;
}

/** The most variables that a scope keeps in a list. */
const mostListed = 8;

/** A scope without variables. */
export const scopeIn = (parent: Scope | undefined): Scope => ({
  parent,
  names: [],
  values: [],
  map: undefined,
});

/** The value of a name. */
export function lookUp(scope: Scope, name: string): Value {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const { names, map } = at;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return at.values[i];
    const value = map?.get(name);
    if (value !== undefined) return value;
  }
  return undefinedValue(`'${name}' is undefined`);
}

/** Gives a name its value in this scope. */
export function declare(scope: Scope, name: string, value: Value): void {
  const index = scope.names.indexOf(name);
  if (index >= 0) scope.values[index] = value;
  else if (scope.names.length < mostListed) {
    scope.names.push(name);
    scope.values.push(value);
  } else {
    scope.map ??= new Map();
    scope.map.set(name, value);
  }
}

/** Assigns a value to a target. @throws RondoError `BAD_TEMPLATE` if the value does not fit the target */
export function assign(run: Run, scope: Scope, target: Target, value: Value): void {
  if (target.kind === 'variable') return declare(scope, target.name, value);
  if (target.kind === 'member') {
    const namespace = lookUp(scope, target.namespace);
    if (typeof namespace !== 'object' || namespace === null || namespace.kind !== 'namespace') {
      throw failed('cannot assign attribute on non-namespace object');
    }
    if (target.name.startsWith('_')) throw failed('a namespace has no attributes that begin with "_"');
    namespace.attributes.set(target.name, value);
    return;
  }
  run.budget.work(target.targets.length);
  const elements = iterate(run, value);
  for (const [index, each] of target.targets.entries()) {
    const next = elements.next();
    if (next.done) {
      throw failed(`not enough values to unpack (expected ${target.targets.length}, got ${index})`);
    }
    assign(run, scope, each, next.value);
  }
  if (!elements.next().done) throw failed(`too many values to unpack (expected ${target.targets.length})`);
}
