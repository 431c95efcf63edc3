// String methods that search.
import { countCharacters, isSpace, unitIndex } from '../characters.ts';
import { failed } from '../errors.ts';
import { sliceIndices } from '../slices.ts';
import type { Arguments } from '../arguments.ts';
import type { Run } from '../run.ts';
import type { Text } from '../text.ts';
import { expectText, type Value } from '../values.ts';
import type { TextMethod } from './text-method.ts';

const range = ['sub', 'start', 'end'];

/** The part of a string that is searched: its characters and its start, in UTF-16 units. */
function searched(run: Run, of: Text, [, start = null, end = null]: Arguments) {
  run.budget.scan(of.value.length);
  if (start === null && end === null) return { value: of.value, from: 0 };
  const count = countCharacters(of.value);
  const { start: first, length } = sliceIndices([start, end, null], count);
  // Behind the end, Python does not even find the empty string.
  const isBehind = typeof start === 'bigint' && start > BigInt(count);
  const from = unitIndex(of.value, first);
  return { value: isBehind ? undefined : of.value.slice(from, unitIndex(of.value, first + length)), from };
}

function position(run: Run, of: Text, given: Arguments, isLast: boolean): bigint {
  const wanted = expectText(given[0] ?? null, 'the text to find').value;
  const { value, from } = searched(run, of, given);
  if (value === undefined) return -1n;
  const at = isLast ? value.lastIndexOf(wanted) : value.indexOf(wanted);
  return at < 0 ? -1n : BigInt(countCharacters(of.value.slice(0, from + at)));
}

function found(at: bigint): bigint {
  if (at < 0n) throw failed('substring not found');
  return at;
}

function begins(run: Run, of: Text, given: Arguments, isEnd: boolean): boolean {
  const [wanted = null] = given;
  const { value } = searched(run, of, given);
  const choices = typeof wanted === 'object' && wanted?.kind === 'tuple' ? wanted.items : [wanted];
  return choices.some((choice) => {
    const { value: part } = expectText(choice, `the argument of ${isEnd ? 'endswith' : 'startswith'}`);
    run.budget.scan(part.length);
    return value !== undefined && (isEnd ? value.endsWith(part) : value.startsWith(part));
  });
}

function occurrences(run: Run, of: Text, given: Arguments): bigint {
  const wanted = expectText(given[0] ?? null, 'the text to count').value;
  const { value } = searched(run, of, given);
  if (value === undefined) return 0n;
  if (wanted === '') return BigInt(countCharacters(value) + 1);
  let count = 0n;
  for (let at = value.indexOf(wanted); at >= 0; at = value.indexOf(wanted, at + wanted.length)) count++;
  return count;
}

/** Tests that the string is not empty and that each of its characters matches. */
const every = (pattern: RegExp): TextMethod => ({
  parameters: [],
  required: 0,
  call(run, of) {
    run.budget.scan(4 * of.value.length);
    return pattern.test(of.value);
  },
});

/** Whether there is a letter with a case, and all letters with a case have this case. */
function hasCase(run: Run, of: Text, isUpper: boolean): boolean {
  run.budget.work(1 + of.value.length);
  let isCased = false;
  for (const character of of.value) {
    const lower = /\p{Lowercase}/u.test(character);
    const upper = /\p{Uppercase}|\p{Lt}/u.test(character);
    if (isUpper ? lower || /\p{Lt}/u.test(character) : upper) return false;
    isCased ||= lower || upper;
  }
  return isCased;
}

function isTitled(run: Run, of: Text): boolean {
  run.budget.work(1 + of.value.length);
  let isCased = false;
  let isAfterCased = false;
  for (const character of of.value) {
    if (/\p{Lu}|\p{Lt}/u.test(character)) {
      if (isAfterCased) return false;
      isCased = isAfterCased = true;
    } else if (/\p{Ll}/u.test(character)) {
      if (!isAfterCased) return false;
      isCased = true;
    } else isAfterCased = false;
  }
  return isCased;
}

function isAllSpace(run: Run, of: Text): boolean {
  run.budget.scan(of.value.length);
  for (let at = 0; at < of.value.length; at++) if (!isSpace(of.value.charCodeAt(at))) return false;
  return of.value !== '';
}

const none = { parameters: [], required: 0 };
const search = (call: (run: Run, of: Text, given: Arguments) => Value): TextMethod => ({
  parameters: range,
  required: 1,
  call,
});

export const searchMethods: Readonly<Record<string, TextMethod>> = {
  find: search((run, of, given) => position(run, of, given, false)),
  rfind: search((run, of, given) => position(run, of, given, true)),
  index: search((run, of, given) => found(position(run, of, given, false))),
  rindex: search((run, of, given) => found(position(run, of, given, true))),
  count: search(occurrences),
  startswith: search((run, of, given) => begins(run, of, given, false)),
  endswith: search((run, of, given) => begins(run, of, given, true)),
  isalpha: every(/^\p{L}+$/u),
  isalnum: every(/^[\p{L}\p{N}]+$/u),
  isdigit: every(
    /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490]+$/u,
  ),
  isdecimal: every(/^\p{Nd}+$/u),
  isnumeric: every(/^\p{N}+$/u),
  isidentifier: every(/^[\p{ID_Start}_]\p{ID_Continue}*$/u),
  isascii: { ...none, call: (run, of) => (run.budget.scan(of.value.length), !/[^\0-\x7f]/.test(of.value)) },
  isprintable: {
    ...none,
    call: (run, of) => (
      run.budget.scan(of.value.length),
      !/[\p{C}\p{Z}]/u.test(of.value.replaceAll(' ', ''))
    ),
  },
  isspace: { ...none, call: isAllSpace },
  islower: { ...none, call: (run, of) => hasCase(run, of, false) },
  isupper: { ...none, call: (run, of) => hasCase(run, of, true) },
  istitle: { ...none, call: isTitled },
};
