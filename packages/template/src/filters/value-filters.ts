// Filters of any value, and filters that apply other filters or tests.
import { attributeOf } from '../attributes.ts';
import { bindArguments } from '../arguments.ts';
import { failed } from '../errors.ts';
import { each } from '../iterate.ts';
import { jsonOf, type JsonStyle } from '../json.ts';
import { percentFormat } from '../percent-format.ts';
import type { Run } from '../run.ts';
import { text, type Text } from '../text.ts';
import { applyTest } from '../tests.ts';
import {
  asInteger,
  expectText,
  isText,
  isTrue,
  isUndefined,
  stream,
  tuple,
  typeName,
  type Entry,
  type Named,
  type Value,
} from '../values.ts';
import { filter, getterOf, nameOf, softText, type Filter, type Getter, type OpenFilter } from './filter.ts';

function separators(run: Run, value: Value): readonly [Text, Text] {
  const parts = [...each(run, value)];
  if (parts.length !== 2) throw failed('separators are two strings');
  return [expectText(parts[0], 'a separator'), expectText(parts[1], 'a separator')];
}

function indentOf(run: Run, value: Value): Text | undefined {
  if (value === null) return undefined;
  if (isText(value)) return value;
  const size = asInteger(value);
  if (size === undefined) throw failed(`an indent must be int or str, not ${typeName(value)}`);
  run.budget.copy(size > 0n ? Number(size) : 0);
  return text(size > 0n ? ' '.repeat(Number(size)) : '');
}

function toJson(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [ensureAscii = false, indent = null, between = null, sortKeys = false] = given;
  const levels = indentOf(run, indent);
  const [itemSeparator, keySeparator] =
    between === null ? [text(levels === undefined ? ', ' : ','), text(': ')] : separators(run, between);
  const style: JsonStyle = {
    ensureAscii: isTrue(ensureAscii),
    indent: levels,
    itemSeparator,
    keySeparator,
    sortKeys: isTrue(sortKeys),
  };
  return jsonOf(run, value, style);
}

function defaultOf(
  _: Run,
  value: Value,
  [otherwise = text(''), isForFalse = false]: readonly (Value | undefined)[],
): Value {
  return isUndefined(value) || (isTrue(isForFalse) && !isTrue(value)) ? otherwise : value;
}

const defaulting = filter(['default_value', 'boolean'], defaultOf);

export const valueFilters: Readonly<Record<string, Filter>> = {
  default: defaulting,
  d: defaulting,
  tojson: filter(['ensure_ascii', 'indent', 'separators', 'sort_keys'], toJson),
  attr: filter(
    ['name'],
    (run, value, [name = null]) => {
      // Unlike in `value.name`, keys of a mapping do not count as attributes.
      const isDict = typeof value === 'object' && value !== null && value.kind === 'dict';
      return attributeOf(run, isDict ? { kind: 'dict', entries: new Map() } : value, nameOf(name));
    },
    1,
  ),
};

function mapping(run: Run, given: readonly Value[], named: Named): Getter {
  if (given.length === 0 && named.has('attribute')) {
    const [path, otherwise] = bindArguments('map', ['attribute', 'default'], 1, given, named);
    return getterOf(path, otherwise);
  }
  if (given.length === 0) throw failed('map requires a filter argument');
  const name = nameOf(given[0]);
  const rest = given.slice(1);
  run.budget.collect(rest.length);
  return (_, item) => {
    run.budget.work(1 + rest.length);
    return run.filters.apply(run, name, item, rest, named);
  };
}

function* mapped(
  run: Run,
  value: Value,
  given: readonly Value[],
  named: Named,
): Generator<Value, void, undefined> {
  if (!isTrue(value)) return;
  const getter = mapping(run, given, named);
  for (const item of each(run, value)) yield getter(run, item);
}

function* selected(
  run: Run,
  value: Value,
  given: readonly Value[],
  named: Named,
  isByAttribute: boolean,
  wanted: boolean,
): Generator<Value, void, undefined> {
  if (!isTrue(value)) return;
  if (isByAttribute && given.length === 0) throw failed('Missing parameter for attribute name');
  const getter = isByAttribute ? getterOf(given[0]) : getterOf(undefined);
  const offset = isByAttribute ? 1 : 0;
  const name = given.length > offset ? nameOf(given[offset]) : undefined;
  const rest = given.slice(offset + 1);
  for (const item of each(run, value)) {
    run.budget.work(1 + rest.length);
    const looked = getter(run, item);
    const passes = name === undefined ? isTrue(looked) : applyTest(run, name, looked, rest, named);
    if (passes === wanted) yield item;
  }
}

const selecting = (isByAttribute: boolean, wanted: boolean): OpenFilter => ({
  applyOpen: (run, value, given, named) => stream(selected(run, value, given, named, isByAttribute, wanted)),
});

function format(run: Run, value: Value, given: readonly Value[], named: Named): Value {
  const of = softText(run, value);
  if (named.size === 0) return percentFormat(run, of, tuple(given));
  if (given.length > 0) throw failed("can't handle positional and keyword arguments at the same time");
  const entries = new Map<string, Entry>();
  for (const [name, item] of named) entries.set(`s${name}`, { key: text(name), value: item });
  return percentFormat(run, of, { kind: 'dict', entries });
}

export const openFilters: Readonly<Record<string, OpenFilter>> = {
  map: { applyOpen: (run, value, given, named) => stream(mapped(run, value, given, named)) },
  select: selecting(false, true),
  reject: selecting(false, false),
  selectattr: selecting(true, true),
  rejectattr: selecting(true, false),
  format: { applyOpen: format },
};
