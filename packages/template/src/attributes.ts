// Attributes and elements, as the sandbox of Jinja2 looks them up. What is not in the tables of this package does not
// exist, so nothing of JavaScript can be reached.
import { countCharacters, isSingleUnit, unitIndex, unitsAt } from './characters.ts';
import { failed } from './errors.ts';
import { hashOf } from './hash.ts';
import { listOf } from './iterate.ts';
import { dictMethod } from './methods/dict-methods.ts';
import { listMethod } from './methods/list-methods.ts';
import { numberAttribute } from './methods/number-methods.ts';
import { textMethod } from './methods/text-methods.ts';
import type { Run } from './run.ts';
import { createBuilder, sliceText, text, type Text } from './text.ts';
import {
  asInteger,
  checkDefined,
  isText,
  isUndefined,
  list,
  typeName,
  undefinedValue,
  type Value,
} from './values.ts';

function missing(of: Value, name: string): Value {
  return undefinedValue(`'${typeName(of)} object' has no attribute '${name}'`);
}

/** The attribute of the object itself, not its elements. */
function ownAttribute(run: Run, of: Value, name: string): Value | undefined {
  if (of === null) return undefined;
  if (typeof of !== 'object') return numberAttribute(of, name);
  switch (of.kind) {
    case 'text':
      return textMethod(run, of, name);
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

/** Python's `of.name` in a template: attributes first, then keys. */
export function attributeOf(run: Run, of: Value, name: string): Value {
  checkDefined(of);
  if (name.startsWith('_')) {
    // What begins and ends so is an attribute of Python's own, which its sandbox keeps shut.
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

/** The element at an index that may count from the end; undefined outside. */
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

/** Start, stop and step of a slice; undefined where a bound is left out. */
export type SliceBounds = readonly [start: Value, stop: Value, step: Value];

function bound(value: Value): bigint | undefined {
  if (value === null) return undefined;
  const integer = asInteger(value);
  if (integer !== undefined) return integer;
  checkDefined(value);
  throw failed('slice indices must be integers or None');
}

const clamp = (value: bigint, low: bigint, high: bigint): number =>
  Number(value < low ? low : value > high ? high : value);

/** The indices of a slice, as `slice.indices` of Python gives them. */
export function sliceIndices(
  [from, to, by]: SliceBounds,
  count: number,
): { start: number; stop: number; step: number; length: number } {
  const length = BigInt(count);
  const given = bound(by) ?? 1n;
  if (given === 0n) throw failed('slice step cannot be zero');
  const step = clamp(given, -0x7fffffffn, 0x7fffffffn);
  const isForward = step > 0;
  const low = isForward ? 0n : -1n;
  const high = isForward ? length : length - 1n;
  const place = (value: bigint | undefined, otherwise: bigint): number => {
    if (value === undefined) return Number(otherwise);
    return clamp(value < 0n ? value + length : value, low, high);
  };
  const start = place(bound(from), isForward ? 0n : length - 1n);
  const stop = place(bound(to), isForward ? length : -1n);
  const size = Math.ceil((stop - start) / step);
  return { start, stop, step, length: Math.max(0, size) };
}

function sliceOfText(run: Run, of: Text, bounds: SliceBounds): Text {
  run.budget.scan(of.value.length);
  const { start, step, length } = sliceIndices(bounds, countCharacters(of.value));
  if (length === 0) return text('');
  if (step === 1) {
    const from = unitIndex(of.value, start);
    const to = isSingleUnit(of.value) ? from + length : unitIndex(of.value, start + length);
    run.budget.copy(to - from);
    return sliceText(of, from, to);
  }
  run.budget.copy(16 * length);
  const starts: number[] = [];
  for (let at = 0; at < of.value.length; at += unitsAt(of.value, at)) starts.push(at);
  const builder = createBuilder();
  for (let i = 0; i < length; i++) {
    const at = starts[start + i * step];
    builder.addSlice(of, at, at + unitsAt(of.value, at));
  }
  return builder.finish();
}

/** Python's `of[start:stop:step]`. @throws RondoError `BAD_TEMPLATE` for values that have no slices */
export function sliceOf(run: Run, of: Value, bounds: SliceBounds): Value {
  if (isUndefined(of)) checkDefined(of);
  if (isText(of)) return sliceOfText(run, of, bounds);
  if (typeof of === 'object' && of !== null) {
    if (of.kind === 'list' || of.kind === 'tuple') {
      const { start, step, length } = sliceIndices(bounds, of.items.length);
      run.budget.collect(length);
      const items =
        step === 1
          ? of.items.slice(start, start + length)
          : Array.from({ length }, (_, i) => of.items[start + i * step]);
      return { kind: of.kind, items };
    }
    if (of.kind === 'range') {
      const { start, stop, step, length } = sliceIndices(bounds, of.length);
      return {
        kind: 'range',
        start: of.start + BigInt(start) * of.step,
        stop: of.start + BigInt(stop) * of.step,
        step: of.step * BigInt(step),
        length,
      };
    }
  }
  throw failed(`'${typeName(of)}' object has no slices`);
}

/** A list of all elements, reversed. */
export const reversedList = (run: Run, of: Value): Value => list(listOf(run, of).reverse());
