// Equality and order as in Python.
import { compareStrings } from './characters.ts';
import { failed } from './errors.ts';
import { checkNesting, type Run } from './run.ts';
import { checkDefined, isNumber, isText, typeName, type Value } from './values.ts';

type Collection = Extract<Value, { kind: 'list' | 'tuple' }>;

/** Python's `left == right`. */
export function equals(run: Run, left: Value, right: Value, depth = 0): boolean {
  if (isNumber(left)) {
    // JavaScript's `==` compares integers with floats exactly, as Python does.
    return isNumber(right) && plain(left) == plain(right);
  }
  if (left === null || right === null || typeof right !== 'object') return left === right;
  if (left.kind === 'text') {
    if (right.kind !== 'text') return false;
    if (left.value.length !== right.value.length) return false;
    run.budget.scan(left.value.length);
    return left.value === right.value;
  }
  if (left.kind === 'undefined') return right.kind === 'undefined';
  if (left === right) return true;
  checkNesting(depth);
  switch (left.kind) {
    case 'list':
    case 'tuple': {
      if (right.kind !== left.kind || left.items.length !== right.items.length) return false;
      const others = right.items;
      run.budget.work(left.items.length);
      return left.items.every((item, index) => equals(run, item, others[index], depth + 1));
    }
    case 'dict': {
      if (right.kind !== 'dict' || left.entries.size !== right.entries.size) return false;
      run.budget.work(left.entries.size);
      for (const [key, { value }] of left.entries) {
        const other = right.entries.get(key);
        if (other === undefined || !equals(run, value, other.value, depth + 1)) return false;
      }
      return true;
    }
    case 'range':
      return (
        right.kind === 'range' &&
        left.length === right.length &&
        (left.length === 0 || left.start === right.start) &&
        (left.length <= 1 || left.step === right.step)
      );
    default:
      return false;
  }
}

const plain = (value: boolean | bigint | number): bigint | number =>
  typeof value === 'boolean' ? (value ? 1n : 0n) : value;

function compareCollections(run: Run, left: Collection, right: Collection, depth: number): number {
  checkNesting(depth);
  const length = Math.min(left.items.length, right.items.length);
  run.budget.work(length);
  for (let index = 0; index < length; index++) {
    const a = left.items[index];
    const b = right.items[index];
    if (!equals(run, a, b, depth + 1)) return compare(run, a, b, '<', depth + 1);
  }
  return left.items.length - right.items.length;
}

/**
 * Below 0 if `left` comes first, above 0 if `right` comes first, NaN if neither does.
 *
 * @param operator the operator's name in the error
 * @throws RondoError `BAD_TEMPLATE` for values without an order
 */
export function compare(run: Run, left: Value, right: Value, operator: string, depth = 0): number {
  if (isNumber(left) && isNumber(right)) {
    const a = plain(left);
    const b = plain(right);
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : Number.NaN;
  }
  if (isText(left) && isText(right)) {
    run.budget.scan(Math.min(left.value.length, right.value.length));
    return compareStrings(left.value, right.value);
  }
  checkDefined(left);
  checkDefined(right);
  if (typeof left === 'object' && typeof right === 'object' && left !== null && right !== null) {
    if (left.kind === 'list' && right.kind === 'list') return compareCollections(run, left, right, depth);
    if (left.kind === 'tuple' && right.kind === 'tuple') return compareCollections(run, left, right, depth);
  }
  throw failed(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

/** One comparison of a template. */
export function holds(run: Run, operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equals(run, left, right);
    case '!=':
      return !equals(run, left, right);
    case '<':
      return compare(run, left, right, operator) < 0;
    case '<=':
      return compare(run, left, right, operator) <= 0;
    case '>':
      return compare(run, left, right, operator) > 0;
    default:
      return compare(run, left, right, operator) >= 0;
  }
}
