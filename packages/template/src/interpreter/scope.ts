// Variables in scopes within scopes. A scope sees those around it; what is assigned in it ends with it.
import { failed } from '../errors.ts';
import { iterate } from '../iterate.ts';
import type { Run } from '../run.ts';
import type { Target } from '../syntax/nodes.ts';
import { undefinedValue, type Value } from '../values.ts';

/** Variables, and the scope around. A list of few variables is searched faster than a map, a map of many faster. */
export interface Scope {
  readonly parent: Scope | undefined;
  readonly names: string[];
  readonly values: Value[];
  map: Map<string, Value> | undefined;
}

/** Variables of a scope that has no map. */
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

/** Assigns a value to whatever a template may assign to. @throws RondoError `BAD_TEMPLATE` where it does not fit */
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
