// Reads numbers from text, as Python's `int(text, base)` and `float(text)`.
import { skipSpace, skipSpaceBack } from './characters.ts';

const digitsOf = (base: number): string => '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
const prefixes: Readonly<Record<string, number>> = { '0b': 2, '0o': 8, '0x': 16 };

function stripped(value: string): string {
  const start = skipSpace(value, 0);
  return value.slice(start, Math.max(start, skipSpaceBack(value, value.length)));
}

const isDigit = (code: number): boolean => /\p{Nd}/u.test(String.fromCodePoint(code));

/** The text with the decimal digits of all scripts replaced by ASCII digits. Each script has its ten digits in order. */
function plainDigits(value: string): string {
  return value.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0;
    let start = code;
    while (code - start < 50 && isDigit(start - 1)) start--;
    return String((code - start) % 10);
  });
}

/** The integer in a text; undefined if it contains none. */
export function readInteger(value: string, base: number): bigint | undefined {
  let body = plainDigits(stripped(value)).toLowerCase();
  const isNegative = body.startsWith('-');
  if (isNegative || body.startsWith('+')) body = body.slice(1);
  let actualBase = base;
  const prefix = prefixes[body.slice(0, 2)];
  if (prefix !== undefined && (base === 0 || base === prefix)) {
    actualBase = prefix;
    body = body.slice(2);
    if (body.startsWith('_')) body = body.slice(1);
  } else if (base === 0) {
    actualBase = 10;
    if (/^0[0_]*[1-9]/.test(body)) return undefined;
  }
  if (!(actualBase >= 2 && actualBase <= 36)) return undefined;
  if (body === '' || body.startsWith('_') || body.endsWith('_') || body.includes('__')) return undefined;
  const digits = body.replaceAll('_', '');
  if (digits.length > 4300) return undefined;
  const known = digitsOf(actualBase);
  let result = 0n;
  if (actualBase === 10) {
    if (!/^[0-9]+$/.test(digits)) return undefined;
    result = BigInt(digits);
  } else {
    for (const digit of digits) {
      const index = known.indexOf(digit);
      if (index < 0) return undefined;
      result = result * BigInt(actualBase) + BigInt(index);
    }
  }
  return isNegative ? -result : result;
}

/** The float in a text; undefined if it contains none. */
export function readFloat(value: string): number | undefined {
  const body = plainDigits(stripped(value)).toLowerCase();
  if (/^[+-]?(?:inf|infinity)$/.test(body)) return body.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/.test(body)) return Number.NaN;
  const digits = '[0-9](?:_?[0-9])*';
  const pattern = new RegExp(`^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`);
  if (body.length > 4300 || !pattern.test(body)) return undefined;
  return Number(body.replaceAll('_', ''));
}
