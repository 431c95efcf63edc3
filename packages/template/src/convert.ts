// Converts JavaScript values to values of a template.
import { RondoError } from '@rondo/errors';
import type { Budget } from './budget.ts';
import { checkNesting } from './run.ts';
import { dataText, text } from './text.ts';
import { list, undefinedValue, type Entry, type Value } from './values.ts';

/** Data of the conversation, marked with `fromData`. */
export interface DataValue {
  readonly [dataMark]: number;
  readonly value: unknown;
}

const dataMark = Symbol('data');

/**
 * Marks a value whose strings are data, such as the text of a message. Whatever a template does to the strings, they stay
 * marked as data in the rendering.
 *
 * @param value strings, numbers, lists and plain objects, at any depth
 * @param source a number that the parts of the rendering carry
 */
export function fromData(value: unknown, source: number): DataValue {
  return { [dataMark]: source, value };
}

const isMarked = (value: object): value is DataValue => dataMark in value;

function bad(what: string): RondoError {
  return new RondoError(
    'BAD_ARGUMENT',
    `A template cannot be given ${what}. Give it strings, numbers, booleans, null, lists and plain objects.`,
  );
}

/**
 * Converts a JavaScript value to a value of a template. Whole numbers become integers; `undefined` becomes an undefined
 * value.
 *
 * @throws RondoError `BAD_ARGUMENT` for values without a counterpart, `BAD_TEMPLATE` for values nested too deep or too
 * large
 */
export function toValue(value: unknown, budget: Budget, source?: number, depth = 0): Value {
  checkNesting(depth);
  budget.work(0.25);
  switch (typeof value) {
    case 'string':
      return source === undefined ? text(value) : dataText(value, source);
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 1e21 && !Object.is(value, -0)
        ? BigInt(value)
        : value;
    case 'undefined':
      return undefinedValue('the value is undefined');
    case 'object':
      break;
    default:
      throw bad(`a ${typeof value}`);
  }
  if (value === null) return null;
  if (isMarked(value)) return toValue(value.value, budget, value[dataMark], depth);
  if (Array.isArray(value)) return list(value.map((item) => toValue(item, budget, source, depth + 1)));
  const isMap = value instanceof Map;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isMap && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw bad('an object of a class');
  const entries = new Map<string, Entry>();
  const pairs: Iterable<readonly [unknown, unknown]> = isMap ? value : Object.entries(value);
  for (const [key, item] of pairs) {
    if (item === undefined) continue;
    const name = String(key);
    entries.set(`s${name}`, {
      key: source === undefined ? text(name) : dataText(name, source),
      value: toValue(item, budget, source, depth + 1),
    });
  }
  return { kind: 'dict', entries };
}
