// Filters of lists and mappings.
import { equals, compare } from '../compare.ts';
import { failed } from '../errors.ts';
import { hashOf } from '../hash.ts';
import { arithmetic } from '../arithmetic.ts';
import { reversedList } from '../attributes.ts';
import { each, iterate, lengthOf, listOf, tryIterate } from '../iterate.ts';
import { strOf } from '../repr.ts';
import type { Run } from '../run.ts';
import { createBuilder, sliceText, text, type Text } from '../text.ts';
import { joinTexts } from '../methods/text-parts.ts';
import { unitsAt } from '../characters.ts';
import {
  expectSize,
  isDict,
  isText,
  isTrue,
  isUndefined,
  list,
  stream,
  tuple,
  typeName,
  undefinedValue,
  type Value,
} from '../values.ts';
import { filter, foldCase, getterOf, gettersOf, type Filter } from './filter.ts';
import { sortBy } from './sort.ts';

function join(run: Run, value: Value, [separator = text(''), path]: readonly (Value | undefined)[]): Value {
  const getter = getterOf(path);
  const texts: Text[] = [];
  for (const item of each(run, value)) {
    run.budget.collect(1);
    texts.push(strOf(run, getter(run, item)));
  }
  return joinTexts(run, texts, strOf(run, separator));
}

function first(run: Run, value: Value): Value {
  const next = iterate(run, value).next();
  return next.done ? undefinedValue('No first item, sequence was empty.') : next.value;
}

function last(run: Run, value: Value): Value {
  const empty = 'No last item, sequence was empty.';
  if (typeof value === 'object' && value !== null) {
    if (value.kind === 'stream' || value.kind === 'thing')
      throw failed(`'${typeName(value)}' object is not reversible`);
    if (value.kind === 'list' || value.kind === 'tuple')
      return value.items.at(-1) ?? emptyOr(value.items, empty);
    if (value.kind === 'text') {
      if (value.value === '') return undefinedValue(empty);
      const end = value.value.length;
      const isPair = end >= 2 && unitsAt(value.value, end - 2) === 2;
      return sliceText(value, end - (isPair ? 2 : 1), end);
    }
  }
  const items = listOf(run, value);
  return items.at(-1) ?? emptyOr(items, empty);
}

// `at` gives undefined only outside a list; `null` is a value.
function emptyOr(items: readonly Value[], reason: string): Value {
  return items.length === 0 ? undefinedValue(reason) : null;
}

function reverse(run: Run, value: Value): Value {
  if (isText(value)) {
    run.budget.copy(16 * value.value.length);
    const builder = createBuilder();
    for (let end = value.value.length; end > 0;) {
      const start = end - (end >= 2 && unitsAt(value.value, end - 2) === 2 ? 2 : 1);
      builder.addSlice(value, start, end);
      end = start;
    }
    return builder.finish();
  }
  if (tryIterate(run, value) === undefined) throw failed('argument must be iterable');
  const reversed = reversedList(run, value);
  if (typeof value === 'object' && value !== null && (value.kind === 'stream' || value.kind === 'undefined'))
    return reversed;
  return stream(iterate(run, reversed), 'list_reverseiterator');
}

function* uniqueItems(
  run: Run,
  value: Value,
  keyOf: (item: Value) => Value,
): Generator<Value, void, undefined> {
  const seen = new Set<string>();
  for (const item of each(run, value)) {
    const key = hashOf(run, keyOf(item));
    if (seen.has(key)) continue;
    run.budget.collect(2);
    seen.add(key);
    yield item;
  }
}

function* batches(run: Run, value: Value, size: number, fill: Value): Generator<Value, void, undefined> {
  let batch: Value[] = [];
  for (const item of each(run, value)) {
    if (batch.length === size) {
      yield list(batch);
      batch = [];
    }
    run.budget.collect(1);
    batch.push(item);
  }
  if (batch.length === 0) return;
  if (fill !== null && batch.length < size) {
    run.budget.collect(size - batch.length);
    for (let i = batch.length; i < size; i++) batch.push(fill);
  }
  yield list(batch);
}

function* slices(run: Run, value: Value, count: number, fill: Value): Generator<Value, void, undefined> {
  const items = listOf(run, value);
  if (count === 0) throw failed('integer division or modulo by zero');
  const size = Math.floor(items.length / count);
  const extra = items.length - size * count;
  let start = 0;
  for (let index = 0; index < count; index++) {
    const end = start + size + (index < extra ? 1 : 0);
    run.budget.collect(1 + end - start);
    const slice = items.slice(start, end);
    if (fill !== null && index >= extra) slice.push(fill);
    yield list(slice);
    start = end;
  }
}

function extreme(wanted: number): Filter {
  return filter(['case_sensitive', 'attribute'], (run, value, [isSensitive = false, path]) => {
    const getter = getterOf(path);
    let best: { item: Value; key: Value } | undefined;
    for (const item of each(run, value)) {
      const plain = getter(run, item);
      const key = isTrue(isSensitive) ? plain : foldCase(run, plain);
      if (best === undefined) best = { item, key };
      else if (wanted < 0 ? compare(run, key, best.key, '<') < 0 : compare(run, key, best.key, '>') > 0)
        best = { item, key };
    }
    return best === undefined ? undefinedValue('No aggregated item, sequence was empty.') : best.item;
  });
}

function sum(run: Run, value: Value, [path, start = 0n]: readonly (Value | undefined)[]): Value {
  if (isText(start)) throw failed("sum() can't sum strings [use ''.join(seq) instead]");
  const getter = getterOf(path);
  let total: Value = start;
  for (const item of each(run, value)) total = arithmetic(run, '+', total, getter(run, item));
  return total;
}

function groupBy(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [path, otherwise, isSensitive = false] = given;
  const getter = getterOf(path, otherwise);
  const keyOf = (item: Value): Value =>
    isTrue(isSensitive) ? getter(run, item) : foldCase(run, getter(run, item));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sortBy(run, listOf(run, value), keyOf, false)) {
    const key = keyOf(item);
    const group = groups.at(-1);
    if (group !== undefined && equals(run, group.key, key)) group.items.push(item);
    else groups.push({ key, items: [item] });
  }
  run.budget.collect(2 * groups.length);
  return list(
    groups.map(({ items }) => ({
      kind: 'tuple',
      items: [isTrue(isSensitive) ? keyOf(items[0]) : getter(run, items[0]), list(items)],
      names: ['grouper', 'list'],
    })),
  );
}

function dictSort(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [isSensitive = false, by = text('key'), isReverse = false] = given;
  if (!isDict(value)) throw failed(`dictsort takes a mapping, not ${typeName(value)}`);
  const which = isText(by) ? by.value : '';
  if (which !== 'key' && which !== 'value') throw failed('You can only sort by either "key" or "value"');
  const pairs = [...value.entries.values()].map(({ key, value: item }) => tuple([key, item]));
  run.budget.collect(2 * pairs.length);
  const keyOf = (pair: Value): Value => {
    const { items } = pair as ReturnType<typeof tuple>;
    const part = items[which === 'key' ? 0 : 1];
    return isTrue(isSensitive) ? part : foldCase(run, part);
  };
  return list(sortBy(run, pairs, keyOf, isTrue(isReverse)));
}

function sort(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [isReverse = false, isSensitive = false, paths] = given;
  const getters = gettersOf(paths);
  const keyOf = (item: Value): Value =>
    list(
      getters.map((getter) => (isTrue(isSensitive) ? getter(run, item) : foldCase(run, getter(run, item)))),
    );
  return list(sortBy(run, listOf(run, value), keyOf, isTrue(isReverse)));
}

function* itemsOf(value: Value): Generator<Value, void, undefined> {
  if (isUndefined(value)) return;
  if (!isDict(value)) throw failed('Can only get item pairs from a mapping.');
  for (const { key, value: item } of value.entries.values()) yield tuple([key, item]);
}

function random(run: Run, value: Value): Value {
  const length = Number(lengthOf(run, value));
  if (length === 0) return undefinedValue('No random item, sequence was empty.');
  return listOf(run, value)[Math.floor(run.random() * length)];
}

const length = filter([], (run, value) => lengthOf(run, value));

export const collectionFilters: Readonly<Record<string, Filter>> = {
  length,
  count: length,
  first: filter([], first),
  last: filter([], last),
  random: filter([], random),
  list: filter([], (run, value) => list(listOf(run, value))),
  reverse: filter([], reverse),
  join: filter(['d', 'attribute'], join),
  sort: filter(['reverse', 'case_sensitive', 'attribute'], sort),
  dictsort: filter(['case_sensitive', 'by', 'reverse'], dictSort),
  unique: filter(['case_sensitive', 'attribute'], (run, value, [isSensitive = false, path]) => {
    const getter = getterOf(path);
    return stream(
      uniqueItems(run, value, (item) =>
        isTrue(isSensitive) ? getter(run, item) : foldCase(run, getter(run, item)),
      ),
    );
  }),
  batch: filter(
    ['linecount', 'fill_with'],
    (run, value, [size = null, fill = null]) =>
      stream(batches(run, value, expectSize(size, 'linecount'), fill)),
    1,
  ),
  slice: filter(
    ['slices', 'fill_with'],
    (run, value, [count = null, fill = null]) =>
      stream(slices(run, value, expectSize(count, 'slices'), fill)),
    1,
  ),
  min: extreme(-1),
  max: extreme(1),
  sum: filter(['attribute', 'start'], sum),
  groupby: filter(['attribute', 'default', 'case_sensitive'], groupBy, 1),
  items: filter([], (_, value) => stream(itemsOf(value))),
};
