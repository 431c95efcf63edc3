// String methods that split, strip and join.
import { isSpace, skipSpace, skipSpaceBack, unitsAt } from '../characters.ts';
import { failed } from '../errors.ts';
import { each } from '../iterate.ts';
import type { Run } from '../run.ts';
import { chargeCopy, createBuilder, sliceText, text, type Text } from '../text.ts';
import { expectSize, expectText, isTrue, isText, list, tuple, typeName, type Value } from '../values.ts';
import type { TextMethod } from './text-method.ts';

/** Which ends of a string are stripped. */
export type Ends = 'both' | 'left' | 'right';

/** The string without white space, or the characters of `characters`, at its ends. */
export function strip(run: Run, of: Text, characters: Value | undefined, ends: Ends): Text {
  const { value } = of;
  run.budget.scan(value.length);
  let start = 0;
  let end = value.length;
  if (characters === undefined || characters === null) {
    if (ends !== 'right') start = skipSpace(value, 0);
    if (ends !== 'left') end = Math.max(start, skipSpaceBack(value, end));
  } else {
    const wanted = expectText(characters, 'the characters to strip').value;
    run.budget.scan(wanted.length);
    const set = new Set(wanted);
    if (ends !== 'right') {
      while (start < end && set.has(String.fromCodePoint(value.codePointAt(start) ?? 0))) {
        start += unitsAt(value, start);
      }
    }
    if (ends !== 'left') {
      for (;;) {
        const isPair = end - start >= 2 && unitsAt(value, end - 2) === 2;
        const from = end - (isPair ? 2 : 1);
        if (from < start || !set.has(value.slice(from, end))) break;
        end = from;
      }
    }
  }
  run.budget.copy(end - start);
  return sliceText(of, start, end);
}

/** The pieces between the cuts of a string, in UTF-16 units. */
type Cut = readonly [start: number, end: number];

function cutAtSpace(value: string, most: number, fromRight: boolean): Cut[] {
  const cuts: Cut[] = [];
  if (!fromRight) {
    let at = skipSpace(value, 0);
    while (at < value.length) {
      if (cuts.length === most) {
        cuts.push([at, value.length]);
        break;
      }
      let end = at;
      while (end < value.length && !isSpace(value.charCodeAt(end))) end++;
      cuts.push([at, end]);
      at = skipSpace(value, end);
    }
    return cuts;
  }
  let end = skipSpaceBack(value, value.length);
  while (end > 0) {
    if (cuts.length === most) {
      cuts.push([0, end]);
      break;
    }
    let start = end;
    while (start > 0 && !isSpace(value.charCodeAt(start - 1))) start--;
    cuts.push([start, end]);
    end = skipSpaceBack(value, start);
  }
  return cuts.toReversed();
}

function cutAt(value: string, separator: string, most: number, fromRight: boolean): Cut[] {
  const cuts: Cut[] = [];
  if (!fromRight) {
    let at = 0;
    for (
      let found = value.indexOf(separator);
      found >= 0 && cuts.length < most;
      found = value.indexOf(separator, at)
    ) {
      cuts.push([at, found]);
      at = found + separator.length;
    }
    cuts.push([at, value.length]);
    return cuts;
  }
  let end = value.length;
  while (cuts.length < most) {
    const found = end < separator.length ? -1 : value.lastIndexOf(separator, end - separator.length);
    if (found < 0) break;
    cuts.push([found + separator.length, end]);
    end = found;
  }
  cuts.push([0, end]);
  return cuts.toReversed();
}

function split(
  run: Run,
  of: Text,
  separator: Value | undefined,
  limit: Value | undefined,
  fromRight: boolean,
): Value {
  const given = limit === undefined ? -1 : expectSize(limit, 'maxsplit');
  const most = given < 0 ? Number.POSITIVE_INFINITY : given;
  run.budget.scan(of.value.length);
  chargeCopy(run.budget, of);
  let cuts: Cut[];
  if (separator === undefined || separator === null) cuts = cutAtSpace(of.value, most, fromRight);
  else {
    const { value } = expectText(separator, 'a separator');
    if (value === '') throw failed('empty separator');
    run.budget.scan(value.length);
    cuts = cutAt(of.value, value, most, fromRight);
  }
  run.budget.collect(4 * cuts.length);
  return list(cuts.map(([start, end]) => sliceText(of, start, end)));
}

const isLineEnd = (code: number): boolean =>
  (code >= 0x0a && code <= 0x0d) ||
  (code >= 0x1c && code <= 0x1e) ||
  code === 0x85 ||
  code === 0x2028 ||
  code === 0x2029;

/** The lines of a string. */
export function splitLines(run: Run, of: Text, keepEnds: boolean): Text[] {
  const { value } = of;
  run.budget.scan(value.length);
  chargeCopy(run.budget, of);
  const lines: Text[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (!isLineEnd(value.charCodeAt(at))) continue;
    const end = at;
    if (value.charCodeAt(at) === 0x0d && value.charCodeAt(at + 1) === 0x0a) at++;
    run.budget.collect(4);
    lines.push(sliceText(of, start, keepEnds ? at + 1 : end));
    start = at + 1;
  }
  if (start < value.length) lines.push(sliceText(of, start));
  return lines;
}

/** The texts joined by a separator. */
export function joinTexts(run: Run, texts: Iterable<Text>, separator: Text): Text {
  const builder = createBuilder();
  let isFirst = true;
  for (const part of texts) {
    if (!isFirst) {
      chargeCopy(run.budget, separator);
      builder.addText(separator);
    }
    isFirst = false;
    chargeCopy(run.budget, part);
    builder.addText(part);
  }
  return builder.finish();
}

/** The string with `old` replaced by `by`, at most `limit` times; a negative limit means every time. */
export function replace(run: Run, of: Text, old: Text, by: Text, limit: number): Text {
  const { value } = of;
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  run.budget.scan(value.length + old.value.length);
  chargeCopy(run.budget, of);
  const builder = createBuilder();
  let at = 0;
  let count = 0;
  const put = (): void => {
    run.budget.work(2);
    chargeCopy(run.budget, by);
    builder.addText(by);
  };
  if (old.value === '') {
    for (; count < most; count++) {
      put();
      if (at >= value.length) {
        count++;
        break;
      }
      const end = at + unitsAt(value, at);
      builder.addSlice(of, at, end);
      at = end;
    }
  } else {
    for (; count < most; count++) {
      const found = value.indexOf(old.value, at);
      if (found < 0) break;
      builder.addSlice(of, at, found);
      put();
      at = found + old.value.length;
    }
  }
  if (count === 0) return of;
  builder.addSlice(of, at, value.length);
  const result = builder.finish();
  noteEmptied(run, of, result);
  return result;
}

// A message such as `/no_think` is an order to the template, which removes it. The order was read, although nothing of it
// remains.
function noteEmptied(run: Run, before: Text, after: Text): void {
  const source = before.ranges[2];
  if (source === undefined || before.ranges.length > 3) return;
  if (skipSpace(after.value, 0) === after.value.length && skipSpace(before.value, 0) < before.value.length) {
    run.emptied.add(source);
  }
}

function partition(run: Run, of: Text, separator: Value, fromRight: boolean): Value {
  const { value } = expectText(separator, 'a separator');
  if (value === '') throw failed('empty separator');
  run.budget.scan(of.value.length + value.length);
  chargeCopy(run.budget, of);
  const at = fromRight ? of.value.lastIndexOf(value) : of.value.indexOf(value);
  if (at < 0) return tuple(fromRight ? [text(''), text(''), of] : [of, text(''), text('')]);
  return tuple([
    sliceText(of, 0, at),
    sliceText(of, at, at + value.length),
    sliceText(of, at + value.length),
  ]);
}

const stripping = (ends: Ends): TextMethod => ({
  parameters: ['chars'],
  required: 0,
  call: (run, of, [characters]) => strip(run, of, characters, ends),
});
const splitting = (fromRight: boolean): TextMethod => ({
  parameters: ['sep', 'maxsplit'],
  takesNames: true,
  required: 0,
  call: (run, of, [separator, limit]) => split(run, of, separator, limit, fromRight),
});
const parting = (fromRight: boolean): TextMethod => ({
  parameters: ['sep'],
  required: 1,
  call: (run, of, [separator = null]) => partition(run, of, separator, fromRight),
});

export const partMethods: Readonly<Record<string, TextMethod>> = {
  strip: stripping('both'),
  lstrip: stripping('left'),
  rstrip: stripping('right'),
  split: splitting(false),
  rsplit: splitting(true),
  partition: parting(false),
  rpartition: parting(true),
  splitlines: {
    parameters: ['keepends'],
    takesNames: true,
    required: 0,
    call: (run, of, [keepEnds = false]) => list(splitLines(run, of, isTrue(keepEnds))),
  },
  join: {
    parameters: ['iterable'],
    required: 1,
    call(run, of, [items = null]) {
      const texts: Text[] = [];
      for (const item of each(run, items)) {
        if (!isText(item))
          throw failed(`sequence item ${texts.length}: expected str instance, ${typeName(item)} found`);
        run.budget.collect(1);
        texts.push(item);
      }
      return joinTexts(run, texts, of);
    },
  },
  replace: {
    parameters: ['old', 'new', 'count'],
    required: 2,
    call: (run, of, [old = null, by = null, count = -1n]) =>
      replace(
        run,
        of,
        expectText(old, 'the text to replace'),
        expectText(by, 'the replacement'),
        expectSize(count, 'a count'),
      ),
  },
  removeprefix: {
    parameters: ['prefix'],
    required: 1,
    call(run, of, [prefix = null]) {
      const { value } = expectText(prefix, 'a prefix');
      chargeCopy(run.budget, of);
      return of.value.startsWith(value) ? sliceText(of, value.length) : of;
    },
  },
  removesuffix: {
    parameters: ['suffix'],
    required: 1,
    call(run, of, [suffix = null]) {
      const { value } = expectText(suffix, 'a suffix');
      chargeCopy(run.budget, of);
      return value !== '' && of.value.endsWith(value) ? sliceText(of, 0, of.value.length - value.length) : of;
    },
  },
};
