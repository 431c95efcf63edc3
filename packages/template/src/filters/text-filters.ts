// Filters of strings.
import { isSpace, compareStrings, countCharacters, unitIndex } from '../characters.ts';
import { failed } from '../errors.ts';
import { capitalize, lower, upper } from '../methods/text-case.ts';
import { replace, splitLines, strip } from '../methods/text-parts.ts';
import { asMarkup, escapeMarkup } from '../markup.ts';
import { padText } from '../pad.ts';
import { reprOf } from '../repr.ts';
import type { Run } from '../run.ts';
import {
  chargeCopy,
  concatTexts,
  createBuilder,
  derived,
  mapPieces,
  sliceText,
  text,
  type Text,
} from '../text.ts';
import { tryIterate, each, lengthOf } from '../iterate.ts';
import { expectSize, expectText, isDict, isText, isTrue, typeName, type Value } from '../values.ts';
import { filter, softText, type Filter } from './filter.ts';
import { wrapLines } from './word-wrap.ts';

function indent(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [width = 4n, isFirst = false, hasBlank = false] = given;
  const of = expectText(value, 'the text to indent');
  let by: Text;
  if (isText(width)) by = width;
  else {
    const size = Math.max(0, expectSize(width, 'a width'));
    run.budget.copy(size);
    by = text(' '.repeat(size));
  }
  const lines = splitLines(run, concatTexts(run.budget, of, text('\n')), false);
  const builder = createBuilder();
  for (const [index, line] of lines.entries()) {
    if (index > 0) builder.add('\n');
    const isIndented = index === 0 ? isTrue(isFirst) : isTrue(hasBlank) || line.value !== '';
    if (isIndented) {
      chargeCopy(run.budget, by);
      builder.addText(by);
    }
    chargeCopy(run.budget, line);
    builder.addText(line);
  }
  return builder.finish();
}

function truncate(run: Run, value: Value, given: readonly (Value | undefined)[]): Value {
  const [length = 255n, killsWords = false, end = text('...'), leeway = 5n] = given;
  const ending = expectText(end, 'the end');
  const most = expectSize(length, 'a length');
  const extra = leeway === null ? 5 : expectSize(leeway, 'a leeway');
  run.budget.scan(ending.value.length);
  const kept = most - countCharacters(ending.value);
  if (kept < 0) throw failed(`expected length >= ${countCharacters(ending.value)}, got ${most}`);
  if (extra < 0) throw failed(`expected leeway >= 0, got ${extra}`);
  // Short values stay unchanged, including lists and mappings; only a text can be cut.
  if (lengthOf(run, value) <= most + extra) return value;
  const of = expectText(value, 'the text to truncate');
  run.budget.scan(of.value.length);
  const cut = sliceText(of, 0, unitIndex(of.value, kept));
  if (isTrue(killsWords)) return concatTexts(run.budget, cut, ending);
  const space = cut.value.lastIndexOf(' ');
  return concatTexts(run.budget, space < 0 ? cut : sliceText(cut, 0, space), ending);
}

// As `_word_beginning_split_re` of Jinja2: these characters begin a new word.
const isWordBreak = (character: string): boolean =>
  isSpace(character.charCodeAt(0)) || '-({[<'.includes(character);

/**
 * The lower-cased characters of all words after each word's first character. Works word by word, because of the Greek
 * final sigma.
 */
function smallRests(value: string): string {
  let all = '';
  let rest = '';
  let isStart = true;
  for (const character of value) {
    if (isWordBreak(character)) {
      all += rest.toLowerCase() + (isStart ? '' : character);
      rest = '';
      isStart = true;
    } else {
      if (!isStart) rest += character;
      isStart = false;
    }
  }
  return all + rest.toLowerCase();
}

function title(run: Run, value: Value): Value {
  const of = softText(run, value);
  run.budget.work(1 + of.value.length);
  chargeCopy(run.budget, of);
  const small = smallRests(of.value);
  let at = 0;
  let isStart = true;
  return mapPieces(of, (piece) => {
    let result = '';
    for (const character of piece) {
      if (isStart) result += character.toUpperCase();
      // Lower-casing a character alone gives the same number of units.
      else result += small.slice(at, (at += character.toLowerCase().length));
      isStart = isWordBreak(character);
    }
    return result;
  });
}

function wordCount(run: Run, value: Value): Value {
  const { value: of } = softText(run, value);
  run.budget.work(1 + of.length / 4);
  return BigInt(of.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0);
}

const references: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

function stripTags(run: Run, value: Value): Text {
  const of = softText(run, value);
  run.budget.work(1 + of.value.length);
  run.budget.copy(of.value.length);
  let plain = of.value;
  for (const [open, close] of [
    ['<!--', '-->'],
    ['<', '>'],
  ]) {
    let kept = '';
    let at = 0;
    for (;;) {
      const start = plain.indexOf(open, at);
      const end = start < 0 ? -1 : plain.indexOf(close, start);
      if (end < 0) break;
      kept += plain.slice(at, start);
      at = end + close.length;
    }
    plain = kept + plain.slice(at);
  }
  const spaced = Array.from(plain, (character) => (isSpace(character.charCodeAt(0)) ? ' ' : character));
  const words = spaced
    .join('')
    .split(' ')
    .filter((word) => word !== '');
  const unescaped = words
    .join(' ')
    .replaceAll(
      /&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
      (whole, decimal, hex, name: string | undefined) => {
        if (name !== undefined) return references[name] ?? whole;
        const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      },
    );
  return derived(unescaped, [of]);
}

function quoted(run: Run, of: Text, keepsSlash: boolean): Text {
  run.budget.copy(9 * of.value.length + 8 * of.ranges.length);
  run.budget.work(of.value.length);
  const encoder = new TextEncoder();
  return mapPieces(of, (piece) => {
    let result = '';
    for (const character of piece) {
      if (/[A-Za-z0-9_.~-]/.test(character) || (character === '/' && keepsSlash)) result += character;
      else if (character === ' ' && !keepsSlash) result += '+';
      else {
        for (const byte of encoder.encode(character)) {
          result += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
        }
      }
    }
    return result;
  });
}

function urlEncode(run: Run, value: Value): Value {
  if (isText(value) || tryIterate(run, value) === undefined) return quoted(run, softText(run, value), true);
  const pairs: Value = isDict(value) ? { kind: 'view', of: value, part: 'items' } : value;
  const builder = createBuilder();
  for (const pair of each(run, pairs)) {
    const parts = [...each(run, pair)];
    if (parts.length !== 2) throw failed('urlencode takes pairs');
    if (builder.length > 0) builder.add('&');
    builder.addText(quoted(run, softText(run, parts[0]), false));
    builder.add('=');
    builder.addText(quoted(run, softText(run, parts[1]), false));
  }
  return builder.finish();
}

function xmlAttributes(run: Run, value: Value, [hasSpace = true]: readonly (Value | undefined)[]): Value {
  if (!isDict(value)) throw failed(`xmlattr takes a mapping, not ${typeName(value)}`);
  const builder = createBuilder();
  for (const { key, value: item } of value.entries.values()) {
    if (item === null || (typeof item === 'object' && item.kind === 'undefined')) continue;
    const name = expectText(key, 'the name of an attribute');
    if (/[\s/>=]/.test(name.value)) throw failed('invalid character in the name of an attribute');
    if (builder.length > 0 || isTrue(hasSpace)) builder.add(' ');
    builder.addText(escapeMarkup(run, name));
    builder.add('="');
    builder.addText(escapeMarkup(run, softText(run, item)));
    builder.add('"');
  }
  return builder.finish();
}

/** As Python's `pprint.pformat`, which sorts mappings; always in one line. */
function prettyPrint(run: Run, value: Value): Value {
  if (!isDict(value)) return reprOf(run, value);
  const entries = [...value.entries];
  run.budget.collect(8 * entries.length);
  if (entries.every(([hash]) => hash.startsWith('s'))) entries.sort(([a], [b]) => compareStrings(a, b));
  return reprOf(run, { kind: 'dict', entries: new Map(entries) });
}

const escaping = filter([], (run, value) => escapeMarkup(run, softText(run, value)));

export const textFilters: Readonly<Record<string, Filter>> = {
  upper: filter([], (run, value) => upper(run, softText(run, value))),
  lower: filter([], (run, value) => lower(run, softText(run, value))),
  capitalize: filter([], (run, value) => capitalize(run, softText(run, value))),
  title: filter([], title),
  trim: filter(['chars'], (run, value, [characters]) => strip(run, softText(run, value), characters, 'both')),
  replace: filter(
    ['old', 'new', 'count'],
    (run, value, [old = null, by = null, count]) =>
      replace(
        run,
        softText(run, value),
        softText(run, old),
        softText(run, by),
        count === undefined || count === null ? -1 : expectSize(count, 'a count'),
      ),
    2,
  ),
  string: filter([], softText),
  safe: filter([], (run, value) => asMarkup(softText(run, value))),
  center: filter(['width'], (run, value, [width = 80n]) =>
    padText(run, softText(run, value), expectSize(width, 'a width'), 'center', text(' ')),
  ),
  indent: filter(['width', 'first', 'blank'], indent),
  truncate: filter(['length', 'killwords', 'end', 'leeway'], truncate),
  wordcount: filter([], wordCount),
  wordwrap: filter(
    ['width', 'break_long_words', 'wrapstring', 'break_on_hyphens'],
    (run, value, [width = 79n, breaksWords = true, between = null, breaksHyphens = true]) => {
      const of = expectText(value, 'the text to wrap');
      run.budget.work(1 + 4 * of.value.length);
      const ending = between === null ? text('\n') : expectText(between, 'what stands between lines');
      const size = expectSize(width, 'a width');
      if (size <= 0) throw failed(`invalid width ${size} (must be > 0)`);
      const lines = splitLines(run, of, false).flatMap(({ value: line }) => {
        const wrapped = wrapLines(line, size, isTrue(breaksWords), isTrue(breaksHyphens));
        return wrapped.length === 0 ? [''] : wrapped;
      });
      run.budget.copy(lines.length * ending.value.length + of.value.length);
      return derived(lines.join(ending.value), [of, ending]);
    },
  ),
  escape: escaping,
  e: escaping,
  forceescape: filter([], (run, value) =>
    escapeMarkup(run, { ...softText(run, value), isMarkup: undefined }),
  ),
  striptags: filter([], stripTags),
  urlencode: filter([], urlEncode),
  xmlattr: filter(['autospace'], xmlAttributes),
  pprint: filter([], prettyPrint),
};
