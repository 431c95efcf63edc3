// Attributes and elements, looked up as in the sandbox of Jinja2. A name outside the tables of this package does not
// exist, so a template can reach nothing of JavaScript.
import { countCharacters, unitIndex, unitsAt } from './characters.ts';
import { hashOf } from './hash.ts';
import { listOf } from './iterate.ts';
import { dictMethod } from './methods/dict-methods.ts';
import { listMethod } from './methods/list-methods.ts';
import { numberAttribute } from './methods/number-methods.ts';
import { textMethod } from './methods/text-methods.ts';
import type { Run } from './run.ts';
import type { Lookup } from './str-format.ts';
import { sliceText } from './text.ts';
import { asInteger, checkDefined, isText, list, typeName, undefinedValue, type Value } from './values.ts';

function missing(of: Value, name: string): Value {
  return undefinedValue(`'${typeName(of)} object' has no attribute '${name}'`);
}

/** The attribute of the object itself, without its elements. */
function ownAttribute(run: Run, of: Value, name: string): Value | undefined {
  if (of === null) return undefined;
  if (typeof of !== 'object') return numberAttribute(of, name);
  switch (of.kind) {
    case 'text':
      return textMethod(run, of, name, lookup);
    case 'list':
      return listMethod(of, name);
    case 'tuple': {
      const index = of.names?.indexOf(name) ?? -1;
      return index >= 0 ? of.items[index] : listMethod(of, name);
    }
    case 'dict':
      return dictMethod(of, name);
    case 'namespace':
      return of.attributes.get(name);
    case 'range':
      return name === 'start' || name === 'stop' || name === 'step' ? of[name] : listMethod(of, name);
    case 'callable':
      return of.attributes?.get(name);
    case 'thing':
      return of.attribute(name);
    default:
      return undefined;
  }
}

const lookup: Lookup = { attribute: attributeOf, item: itemOf };

/** Python's `of.name` in a template: attributes first, then keys. */
export function attributeOf(run: Run, of: Value, name: string): Value {
  checkDefined(of);
  if (name.startsWith('_')) {
    // A name that begins and ends with `__` is an attribute of Python's own, which Python's sandbox forbids.
    const isOwn = name.startsWith('__') && name.endsWith('__');
    const isKey = typeof of === 'object' && of !== null && of.kind === 'dict' && !isOwn;
    const entry = isKey ? of.entries.get(`s${name}`) : undefined;
    return entry?.value ?? missing(of, name);
  }
  const own = ownAttribute(run, of, name);
  if (own !== undefined) return own;
  if (typeof of === 'object' && of !== null && of.kind === 'dict') {
    const entry = of.entries.get(`s${name}`);
    if (entry !== undefined) return entry.value;
  }
  return missing(of, name);
}

/** The element at an index, which may count from the end; undefined outside. */
function elementAt(run: Run, of: Value, index: bigint): Value | undefined {
  if (typeof of !== 'object' || of === null) return undefined;
  if (of.kind === 'list' || of.kind === 'tuple') {
    return of.items.at(index < -0x7fffffffn || index > 0x7fffffffn ? Number.MAX_SAFE_INTEGER : Number(index));
  }
  if (of.kind === 'text') {
    run.budget.scan(of.value.length);
    const length = BigInt(countCharacters(of.value));
    const at = index < 0n ? index + length : index;
    if (at < 0n || at >= length) return undefined;
    const start = unitIndex(of.value, Number(at));
    return sliceText(of, start, start + unitsAt(of.value, start));
  }
  if (of.kind === 'range') {
    const at = index < 0n ? index + BigInt(of.length) : index;
    return at < 0n || at >= BigInt(of.length) ? undefined : of.start + at * of.step;
  }
  return undefined;
}

/** Python's `of[key]` in a template: elements first, then attributes. */
export function itemOf(run: Run, of: Value, key: Value): Value {
  checkDefined(of);
  if (typeof of === 'object' && of !== null && of.kind === 'dict') {
    const isHashable = !(
      typeof key === 'object' &&
      key !== null &&
      (key.kind === 'list' || key.kind === 'dict')
    );
    const entry = isHashable ? of.entries.get(hashOf(run, key)) : undefined;
    if (entry !== undefined) return entry.value;
  } else {
    const index = asInteger(key);
    const element = index === undefined ? undefined : elementAt(run, of, index);
    if (element !== undefined) return element;
  }
  if (isText(key) && !key.value.startsWith('_')) {
    const own = ownAttribute(run, of, key.value);
    if (own !== undefined) return own;
  }
  const shown = isText(key) ? `'${key.value.slice(0, 80)}'` : typeName(key);
  return undefinedValue(`'${typeName(of)} object' has no element ${shown}`);
}

/** A list of all elements, reversed. */
export const reversedList = (run: Run, of: Value): Value => list(listOf(run, of).toReversed());
