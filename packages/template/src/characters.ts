// Characters as Python counts them: code points. JavaScript counts UTF-16 units.

const surrogate = /[\ud800-\udfff]/;

/** Whether each character of the string is one UTF-16 unit. */
export const isSingleUnit = (value: string): boolean => !surrogate.test(value);

/** The number of code points of a string. */
export function countCharacters(value: string): number {
  if (isSingleUnit(value)) return value.length;
  let count = 0;
  for (let at = 0; at < value.length; at += unitsAt(value, at)) count++;
  return count;
}

/** The number of UTF-16 units of the character that begins at `at`. */
export const unitsAt = (value: string, at: number): number => ((value.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);

/** The position, in UTF-16 units, of a character; characters are counted from 0. */
export function unitIndex(value: string, character: number): number {
  if (isSingleUnit(value)) return Math.min(character, value.length);
  let at = 0;
  for (let left = character; left > 0 && at < value.length; left--) at += unitsAt(value, at);
  return at;
}

/** White space as in Python's `str.isspace`, in `str.strip`, and in `\s` of its patterns. */
export function isSpace(code: number): boolean {
  return (
    code === 0x20 ||
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x1f) ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** The end of the white space that begins at `at`. */
export function skipSpace(value: string, at: number): number {
  let end = at;
  while (end < value.length && isSpace(value.charCodeAt(end))) end++;
  return end;
}

/** The start of the white space that ends at `end`. */
export function skipSpaceBack(value: string, end: number): number {
  let start = end;
  while (start > 0 && isSpace(value.charCodeAt(start - 1))) start--;
  return start;
}

/** Orders strings by code points, as Python does. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    // A surrogate belongs to a code point above all code points of one unit.
    const aHigh = a >= 0xd800 && a <= 0xdfff;
    const bHigh = b >= 0xd800 && b <= 0xdfff;
    if (aHigh !== bHigh) return aHigh ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}
