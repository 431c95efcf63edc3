// The values of a template, as in Python. Integers are `bigint`, floats are `number`. Every attribute is looked up in
// tables of this package, so a template cannot reach JavaScript's own objects.
import type { Budget } from './budget.ts';
import { failed } from './errors.ts';
import { text, type Text } from './text.ts';

/** A list; templates cannot change lists. */
export interface List {
  readonly kind: 'list';
  readonly items: readonly Value[];
}

/** A tuple; `names` has the names of its elements, if they have names. */
export interface Tuple {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
  readonly names?: readonly string[];
}

/** Key and value of a mapping. */
export interface Entry {
  readonly key: Value;
  readonly value: Value;
}

/** A mapping in the order of insertion; the keys of `entries` come from `hashOf`. */
export interface Dict {
  readonly kind: 'dict';
  readonly entries: Map<string, Entry>;
}

/** The value of an undefined name. `reason` names it in the error of an operation on it. */
export interface Undefined {
  readonly kind: 'undefined';
  readonly reason: string;
}

/** An object with attributes that a template may set. */
export interface Namespace {
  readonly kind: 'namespace';
  readonly attributes: Map<string, Value>;
}

/** A sequence of integers that is not stored. */
export interface Range {
  readonly kind: 'range';
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;
  readonly length: number;
}

/** Elements that can be iterated once. `name` is the type that Python prints. */
export interface Stream {
  readonly kind: 'stream';
  readonly name: string;
  readonly iterator: Iterator<Value, void, undefined>;
}

/** Keys, values or items of a mapping. */
export interface View {
  readonly kind: 'view';
  readonly of: Dict;
  readonly part: 'keys' | 'values' | 'items';
}

/** Arguments by name. */
export type Named = ReadonlyMap<string, Value>;

/** Something that can be called. */
export interface Callable {
  readonly kind: 'callable';
  readonly name: string;
  /** The text that Python prints for it. */
  readonly printed: string;
  call(run: Run, given: readonly Value[], named: Named): Value;
  readonly attributes?: ReadonlyMap<string, Value>;
}

/** An object of Jinja's own with computed attributes, such as `loop`. */
export interface Thing {
  readonly kind: 'thing';
  readonly printed: string;
  attribute(name: string): Value | undefined;
  call?(run: Run, given: readonly Value[], named: Named): Value;
  length?(): bigint;
  iterate?(): Iterator<Value, void, undefined>;
}

/** Any value. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | Text
  | List
  | Tuple
  | Dict
  | Undefined
  | Namespace
  | Range
  | Stream
  | View
  | Callable
  | Thing;

/** The filters, for code that applies or looks up filters by name. */
export interface FilterTable {
  has(name: string): boolean;
  apply(run: Run, name: string, value: Value, given: readonly Value[], named: Named): Value;
}

/** A rendering in progress. */
export interface Run {
  readonly budget: Budget;
  readonly filters: FilterTable;
  /** The time of `strftime_now`. */
  readonly now: () => Date;
  /** Numbers from 0 to below 1, for the filter `random`. */
  readonly random: () => number;
  /** Sources of data of which an operation removed everything but white space. */
  readonly emptied: Set<number>;
  /** The number of evaluations in progress. */
  depth: number;
}

export const list = (items: readonly Value[]): List => ({ kind: 'list', items });
export const tuple = (items: readonly Value[]): Tuple => ({ kind: 'tuple', items });
export const undefinedValue = (reason: string): Undefined => ({ kind: 'undefined', reason });
export const stream = (iterator: Iterator<Value, void, undefined>, name = 'generator'): Stream => ({
  kind: 'stream',
  name,
  iterator,
});

/** A callable of this package. */
export const callable = (name: string, call: Callable['call'], printed?: string): Callable => ({
  kind: 'callable',
  name,
  printed: printed ?? `<built-in method ${name}>`,
  call,
});

export const isText = (value: Value | undefined): value is Text =>
  typeof value === 'object' && value !== null && value.kind === 'text';

export const isUndefined = (value: Value): value is Undefined =>
  typeof value === 'object' && value !== null && value.kind === 'undefined';

export const isDict = (value: Value): value is Dict =>
  typeof value === 'object' && value !== null && value.kind === 'dict';

/** A number in Python's sense, which includes booleans. */
export const isNumber = (value: Value | undefined): value is boolean | bigint | number =>
  typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';

/** An integer in Python's sense, which includes booleans; undefined for any other value. */
export function asInteger(value: Value | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'boolean' ? BigInt(value) : undefined;
}

/** The name of a value's Python type. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    default:
  }
  switch (value.kind) {
    case 'text':
      return 'str';
    case 'undefined':
      return 'Undefined';
    case 'namespace':
      return 'Namespace';
    case 'stream':
      return value.name;
    case 'view':
      return `dict_${value.part}`;
    case 'callable':
      return 'function';
    case 'thing':
      return 'object';
    default:
      return value.kind;
  }
}

/** Whether a value counts as true. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    default:
  }
  switch (value.kind) {
    case 'text':
      return value.value !== '';
    case 'list':
    case 'tuple':
      return value.items.length > 0;
    case 'dict':
      return value.entries.size > 0;
    case 'undefined':
      return false;
    case 'range':
      return value.length > 0;
    case 'view':
      return value.of.entries.size > 0;
    case 'thing':
      return value.length === undefined || value.length() > 0n;
    default:
      return true;
  }
}

/** @throws RondoError `BAD_TEMPLATE` for an undefined value, on which no operation works */
export function checkDefined(value: Value): void {
  if (isUndefined(value)) throw failed(value.reason);
}

/** The string in an argument. @throws RondoError `BAD_TEMPLATE` for any other value */
export function expectText(value: Value, what: string): Text {
  if (isText(value)) return value;
  checkDefined(value);
  throw failed(`${what} must be str, not ${typeName(value)}`);
}

/** The integer in an argument. @throws RondoError `BAD_TEMPLATE` for any other value */
export function expectInteger(value: Value, what: string): bigint {
  const integer = asInteger(value);
  if (integer !== undefined) return integer;
  checkDefined(value);
  throw failed(`${what} must be int, not ${typeName(value)}`);
}

/** As `expectInteger`, but a JavaScript number, at most 2^31 in size: nothing here has more elements. */
export function expectSize(value: Value, what: string): number {
  const integer = expectInteger(value, what);
  return Number(integer > 0x7fffffffn ? 0x7fffffffn : integer < -0x7fffffffn ? -0x7fffffffn : integer);
}

/** A mapping of texts by name. */
export function dictOf(pairs: Iterable<readonly [string, Value]>): Dict {
  const entries = new Map<string, Entry>();
  for (const [key, value] of pairs) entries.set(`s${key}`, { key: text(key), value });
  return { kind: 'dict', entries };
}
