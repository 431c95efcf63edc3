// Literals and character classes of GBNF, with their escapes.
import { codePointsOf, complement } from '../language/code-points.ts';
import { literal, oneOf, type Expression } from '../language/expression.ts';
import type { TextReader } from '../language/text-reader.ts';

/** `"text"` */
export function readLiteral(reader: TextReader): Expression {
  reader.expect('"');
  let text = '';
  while (reader.peek() !== '"') {
    const codePoint = readCharacter(reader);
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) reader.fail('a literal has a surrogate');
    text += String.fromCodePoint(codePoint);
  }
  reader.next();
  return literal(text);
}

/** `[characters]` or `[^characters]` */
export function readClass(reader: TextReader): Expression {
  reader.expect('[');
  const negated = reader.take('^');
  const ranges: [number, number][] = [];
  while (reader.peek() !== ']') {
    const first = readCharacter(reader);
    let last = first;
    if (reader.peek() === '-' && reader.peek(1) !== ']') {
      reader.next();
      last = readCharacter(reader);
      if (last < first) reader.fail('a range of characters ends before it begins');
    }
    ranges.push([first, last]);
  }
  reader.next();
  const set = codePointsOf(ranges);
  return oneOf(negated ? complement(set) : set);
}

const named: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, r: 0x0d };

/** One code point, maybe escaped. */
function readCharacter(reader: TextReader): number {
  if (reader.isDone) reader.fail('the end of a literal or of a class is missing');
  const character = reader.next();
  if (character !== '\\') return character.codePointAt(0) ?? 0;
  const escape = reader.next();
  if (escape === 'x') return reader.hex(2);
  if (escape === 'u') return reader.hex(4);
  if (escape === 'U') {
    const codePoint = reader.hex(8);
    if (codePoint > 0x10ffff) reader.fail('an escape is beyond U+10FFFF');
    return codePoint;
  }
  const value = named[escape];
  if (value !== undefined) return value;
  // Punctuation stands for itself.
  if (/^[!-/:-@[-`{-~]$/.test(escape)) return escape.codePointAt(0) ?? 0;
  return reader.fail(`the escape \\${escape} is unknown`);
}
