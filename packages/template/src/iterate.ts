// Iteration, length and membership as in Python's `iter`, `len` and `in`.
import { unitsAt, countCharacters } from './characters.ts';
import { equals } from './compare.ts';
import { failed } from './errors.ts';
import { hashOf } from './hash.ts';
import type { Run } from './run.ts';
import { sliceText } from './text.ts';
import { checkDefined, isText, tuple, typeName, type Value } from './values.ts';

function* charactersOf(run: Run, value: Extract<Value, { kind: 'text' }>): Generator<Value, void, undefined> {
  for (let at = 0; at < value.value.length;) {
    const end = at + unitsAt(value.value, at);
    run.budget.copy(8);
    yield sliceText(value, at, end);
    at = end;
  }
}

function rangeElements(value: Extract<Value, { kind: 'range' }>): Iterator<Value, void, undefined> {
  let index = 0;
  let at = value.start;
  return {
    next() {
      if (index++ >= value.length) return { done: true, value: undefined };
      const element = at;
      at += value.step;
      return { done: false, value: element };
    },
  };
}

function* viewElements(value: Extract<Value, { kind: 'view' }>): Generator<Value, void, undefined> {
  for (const { key, value: element } of value.of.entries.values()) {
    yield value.part === 'keys' ? key : value.part === 'values' ? element : tuple([key, element]);
  }
}

/** The elements of a value; undefined if it cannot be iterated. */
export function tryIterate(run: Run, value: Value): Iterator<Value, void, undefined> | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'text':
      return charactersOf(run, value);
    case 'list':
    case 'tuple':
      return value.items.values();
    case 'dict':
      return viewElements({ kind: 'view', of: value, part: 'keys' });
    case 'view':
      return viewElements(value);
    case 'undefined':
      return [].values();
    case 'range':
      return rangeElements(value);
    case 'stream':
      return value.iterator;
    case 'thing':
      return value.iterate?.();
    default:
      return undefined;
  }
}

/** The elements of a value. @throws RondoError `BAD_TEMPLATE` if it cannot be iterated */
export function iterate(run: Run, value: Value): Iterator<Value, void, undefined> {
  const elements = tryIterate(run, value);
  if (elements === undefined) throw failed(`'${typeName(value)}' object is not iterable`);
  return elements;
}

/** Iterates over the elements; each is charged a step. */
export function* each(run: Run, value: Value): Generator<Value, void, undefined> {
  const elements = iterate(run, value);
  for (let next = elements.next(); !next.done; next = elements.next()) {
    run.budget.work(1);
    yield next.value;
  }
}

/** All elements. */
export function listOf(run: Run, value: Value): Value[] {
  if (typeof value === 'object' && value !== null && (value.kind === 'list' || value.kind === 'tuple')) {
    run.budget.collect(value.items.length);
    return [...value.items];
  }
  const items: Value[] = [];
  for (const item of each(run, value)) {
    run.budget.collect(1);
    items.push(item);
  }
  return items;
}

/** The number of elements of a value; undefined if Python has no `len` for it. */
export function tryLength(run: Run, value: Value): bigint | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'text':
      run.budget.scan(value.value.length);
      return BigInt(countCharacters(value.value));
    case 'list':
    case 'tuple':
      return BigInt(value.items.length);
    case 'dict':
      return BigInt(value.entries.size);
    case 'view':
      return BigInt(value.of.entries.size);
    case 'undefined':
      return 0n;
    case 'range':
      return BigInt(value.length);
    case 'thing':
      return value.length?.();
    default:
      return undefined;
  }
}

/** The number of elements of a value. @throws RondoError `BAD_TEMPLATE` if it has no length */
export function lengthOf(run: Run, value: Value): bigint {
  const length = tryLength(run, value);
  if (length === undefined) throw failed(`object of type '${typeName(value)}' has no len()`);
  return length;
}

/** Python's `element in container`. */
export function contains(run: Run, container: Value, element: Value): boolean {
  if (isText(container)) {
    if (!isText(element)) {
      checkDefined(element);
      throw failed(`'in <string>' requires string as left operand, not ${typeName(element)}`);
    }
    run.budget.scan(container.value.length + element.value.length);
    return container.value.includes(element.value);
  }
  if (typeof container === 'object' && container !== null) {
    if (container.kind === 'dict') return container.entries.has(hashOf(run, element));
    if (container.kind === 'view' && container.part === 'keys')
      return container.of.entries.has(hashOf(run, element));
  }
  if (tryIterate(run, container) === undefined) {
    throw failed(`argument of type '${typeName(container)}' is not iterable`);
  }
  for (const item of each(run, container)) if (equals(run, item, element)) return true;
  return false;
}
