// Character classes and escapes of regular expressions. Source: ECMA-262, sections 22.2.1 and 22.2.2.9.
import {
  anyCodePoint,
  charactersOf,
  codePoints,
  complement,
  union,
  unionOf,
  type CodePoints,
} from '../language/code-points.ts';
import type { TextReader } from '../language/text-reader.ts';

/** What `.` matches with the flag s. */
export const dotAll = anyCodePoint;

/** What `.` matches: anything but an end of a line. */
export const dotSet = complement(charactersOf('\n\r\u2028\u2029'));

const digits = codePoints([0x30, 0x39]);
const word = codePoints([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const space = charactersOf('\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff');
const spaces = union(space, codePoints([0x2000, 0x200a]));

const classes: Readonly<Record<string, CodePoints>> = {
  d: digits,
  D: complement(digits),
  w: word,
  W: complement(word),
  s: spaces,
  S: complement(spaces),
};

const named: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

/** Reads the letter of `\d`, `\w`, `\s` or of their opposites; undefined if something else comes next. */
export function readClassEscape(reader: TextReader): CodePoints | undefined {
  const letter = reader.peek();
  if (letter === 'p' || letter === 'P') reader.fail(`the property \\${letter}`, 'unsupported');
  const set = classes[letter];
  if (set !== undefined) reader.next();
  return set;
}

/** Reads an escaped code point after its backslash. */
export function readEscape(reader: TextReader): number {
  if (reader.isDone) reader.fail('a backslash ends the expression');
  const character = reader.next();
  const control = named[character];
  if (control !== undefined) return control;
  if (character === '0' && !/^[0-9]$/.test(reader.peek())) return 0;
  if (character === 'x') return reader.hex(2);
  if (character === 'u') return readUnicodeEscape(reader);
  if (character === 'c') {
    const letter = reader.next();
    if (!/^[a-zA-Z]$/.test(letter)) reader.fail('a letter is missing after \\c');
    return (letter.codePointAt(0) ?? 0) % 32;
  }
  if (/^[a-zA-Z0-9]$/.test(character)) reader.fail(`the escape \\${character} is unknown`);
  return character.codePointAt(0) ?? 0;
}

function readUnicodeEscape(reader: TextReader): number {
  if (reader.take('{')) {
    let value = 0;
    while (!reader.take('}')) {
      value = 16 * value + reader.hex(1);
      if (value > 0x10ffff) reader.fail('an escape is beyond U+10FFFF');
    }
    return value;
  }
  const unit = reader.hex(4);
  if (unit < 0xd800 || unit > 0xdbff || reader.peek() !== '\\' || reader.peek(1) !== 'u') return unit;
  const start = reader.at;
  reader.at += 2;
  const low = reader.hex(4);
  if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
  reader.at = start;
  return unit;
}

/** Reads the inside of a class and its bracket. */
export function readClass(reader: TextReader): CodePoints {
  const sets: CodePoints[] = [];
  while (!reader.take(']')) {
    const first = readMember(reader);
    if (reader.peek() !== '-' || reader.peek(1) === ']') {
      sets.push(setOf(first));
      continue;
    }
    reader.next();
    const last = readMember(reader);
    if (typeof first !== 'number' || typeof last !== 'number') {
      // Annex B: a dash beside a class such as \d stands for itself.
      sets.push(setOf(first), charactersOf('-'), setOf(last));
      continue;
    }
    if (last < first) reader.fail('a range of characters ends before it begins');
    sets.push(codePoints([first, last]));
  }
  return unionOf(sets);
}

function setOf(member: number | CodePoints): CodePoints {
  return typeof member === 'number' ? codePoints([member, member]) : member;
}

/** One member of a class: a code point or a class such as `\d`. */
function readMember(reader: TextReader): number | CodePoints {
  if (reader.isDone) reader.fail('] is missing');
  if (!reader.take('\\')) return reader.next().codePointAt(0) ?? 0;
  if (reader.take('b')) return 0x08;
  if (reader.take('-')) return 0x2d;
  return readClassEscape(reader) ?? readEscape(reader);
}
