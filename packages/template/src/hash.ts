// Keys of mappings. Equal values have equal keys, as with Python's `hash` and `==` (1, 1.0 and True are one key).
import { failed } from './errors.ts';
import { checkNesting, type Run } from './run.ts';
import { typeName, type Value } from './values.ts';

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

function identityOf(value: object): number {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, ++lastIdentity);
  return lastIdentity;
}

/** @throws RondoError `BAD_TEMPLATE` for values that cannot be keys */
export function hashOf(run: Run, value: Value, depth = 0): string {
  checkNesting(depth);
  if (value === null) return 'N';
  switch (typeof value) {
    case 'boolean':
      return value ? 'n1' : 'n0';
    case 'bigint':
      // Hexadecimal digits are written in linear time; decimal digits need divisions.
      return `n${value.toString(16)}`;
    case 'number':
      return Number.isInteger(value) ? `n${BigInt(value).toString(16)}` : `f${value}`;
    default:
  }
  switch (value.kind) {
    case 'text':
      run.budget.scan(value.value.length);
      return `s${value.value}`;
    case 'tuple': {
      run.budget.work(value.items.length);
      const parts = value.items.map((item) => hashOf(run, item, depth + 1));
      const joined = parts.map((part) => `${part.length}:${part}`).join('');
      run.budget.copy(joined.length);
      return `t${joined}`;
    }
    case 'undefined':
      return 'u';
    case 'range':
      return `r${value.length === 0 ? '' : value.start},${value.length === 1 ? '' : value.step},${value.length}`;
    case 'list':
    case 'dict':
      throw failed(`unhashable type: '${typeName(value)}'`);
    case 'view':
      if (value.part !== 'values') throw failed(`unhashable type: '${typeName(value)}'`);
      return `o${identityOf(value)}`;
    default:
      return `o${identityOf(value)}`;
  }
}
