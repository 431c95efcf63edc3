// Reads a text code point by code point, for parsers.
import { badGrammar, type GrammarFailure } from '../errors.ts';
import { grammarLimits } from '../limits.ts';

/** Reads a text from its start to its end. */
export interface TextReader {
  /** The place of the next code point, counted in code points. */
  at: number;
  /** Whether nothing is left. */
  readonly isDone: boolean;
  /** The code point after the next `ahead` ones, as a text; the empty text after the end. */
  peek(ahead?: number): string;
  /** Reads one code point. */
  next(): string;
  /** Reads `expected` if it comes next. @returns whether it did */
  take(expected: string): boolean;
  /** Reads `expected`. @throws RondoError `BAD_GRAMMAR` if something else comes next */
  expect(expected: string): void;
  /** Reads `digits` hexadecimal digits. @throws RondoError `BAD_GRAMMAR` if there are fewer */
  hex(digits: number): number;
  /** Reads a decimal number; undefined if no digit comes next. */
  number(): number | undefined;
  /** Counts one more level of nesting while `read` runs. @throws RondoError `BAD_GRAMMAR` for too many levels */
  nested<Result>(read: () => Result): Result;
  /** Throws an error about the place that was reached. */
  fail(reason: string, failure?: GrammarFailure): never;
}

/** A reader at the start of a text. @throws RondoError `BAD_GRAMMAR` if the text is too long */
export function textReader(text: string): TextReader {
  if (text.length > grammarLimits.sourceCharacters) {
    throw badGrammar('limit', `it has more than ${grammarLimits.sourceCharacters} characters`);
  }
  const characters = Array.from(text);
  let depth = 0;
  const reader: TextReader = {
    at: 0,
    get isDone() {
      return reader.at >= characters.length;
    },
    peek(ahead = 0) {
      return characters[reader.at + ahead] ?? '';
    },
    next() {
      return characters[reader.at++] ?? '';
    },
    take(expected) {
      const all = Array.from(expected);
      if (!all.every((character, i) => characters[reader.at + i] === character)) return false;
      reader.at += all.length;
      return true;
    },
    expect(expected) {
      if (!reader.take(expected)) reader.fail(`${expected} is missing`);
    },
    hex(digits) {
      const text = characters.slice(reader.at, reader.at + digits).join('');
      if (text.length !== digits || !/^[0-9a-fA-F]+$/.test(text))
        reader.fail(`${digits} hexadecimal digits are missing`);
      reader.at += digits;
      return Number.parseInt(text, 16);
    },
    number() {
      const start = reader.at;
      while (/^[0-9]$/.test(reader.peek())) reader.at += 1;
      return reader.at === start ? undefined : Number(characters.slice(start, reader.at).join(''));
    },
    nested(read) {
      depth += 1;
      if (depth > grammarLimits.nesting)
        reader.fail(`groups are nested more than ${grammarLimits.nesting} deep`, 'limit');
      const result = read();
      depth -= 1;
      return result;
    },
    fail(reason, failure = 'syntax') {
      const before = characters.slice(0, reader.at);
      const line = before.filter((character) => character === '\n').length + 1;
      const column = before.length - before.lastIndexOf('\n');
      throw badGrammar(failure, reason, `line ${line}, column ${column}`);
    },
  };
  return reader;
}
