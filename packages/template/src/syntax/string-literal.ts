// The text of a string literal: the escapes of Python's `unicode-escape`.
import { syntaxError } from '../errors.ts';

const simple: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const digits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** @throws RondoError `BAD_TEMPLATE` for an escape that is cut off */
export function unescape(source: string, line: number): string {
  if (!source.includes('\\')) return source;
  let result = '';
  let at = 0;
  for (let slash = source.indexOf('\\'); slash >= 0; slash = source.indexOf('\\', at)) {
    result += source.slice(at, slash);
    const letter = source.charAt(slash + 1);
    at = slash + 2;
    const octal = /^[0-7]{1,3}/.exec(source.slice(slash + 1, slash + 4))?.[0];
    if (octal !== undefined) {
      result += String.fromCodePoint(Number.parseInt(octal, 8));
      at = slash + 1 + octal.length;
    } else if (letter in digits) {
      const size = digits[letter];
      const hex = source.slice(at, at + size);
      const code = Number.parseInt(hex, 16);
      if (hex.length < size || !/^[0-9a-fA-F]+$/.test(hex) || code > 0x10ffff) {
        throw syntaxError(`the escape \\${letter} of a string is cut off`, line);
      }
      result += String.fromCodePoint(code);
      at += size;
    } else if (letter === 'N') throw syntaxError('the escape \\N{…} of a string is not known', line);
    else result += simple[letter] ?? `\\${letter}`;
  }
  return result + source.slice(at);
}
