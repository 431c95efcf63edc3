// Numbers in the notations that `%` and `str.format` share.
import { failed } from './errors.ts';
import { fixed, floatRepr, general, scientific } from './float-text.ts';
import { integerText } from './repr.ts';
import type { Run } from './run.ts';

/** The most digits after the point, or of an integer, that a format may ask for. */
export const mostPlaces = 1000;

/** The flag `#`: if there is no point, one follows the digits before the power of ten. */
const withPoint = (written: string): string =>
  written.includes('.') ? written : written.replace(/^[0-9]+/, '$&.');

/** The digits of a float without its sign. Without a type, the fixed notation has at least one digit after the point. */
export function floatDigits(
  run: Run,
  value: number,
  type: string,
  precision: number | undefined,
  alternative = false,
): string {
  const upper = type === type.toUpperCase() && type !== '';
  const places = precision ?? 6;
  if (places > mostPlaces) throw failed(`a precision of ${places} is too large (at most ${mostPlaces})`);
  run.budget.work(64 + places);
  const magnitude = Math.abs(value);
  if (!Number.isFinite(magnitude)) return upper ? floatRepr(magnitude).toUpperCase() : floatRepr(magnitude);
  const letter = upper ? 'E' : 'e';
  const written = floatNotation(magnitude, type.toLowerCase(), places, letter, alternative);
  return alternative ? withPoint(written) : written;
}

function floatNotation(
  magnitude: number,
  type: string,
  places: number,
  letter: string,
  alternative: boolean,
): string {
  switch (type) {
    case 'e':
      return scientific(magnitude, places, letter);
    case 'g':
    case 'n':
      return general(magnitude, places, letter, alternative);
    case '': {
      const digits = general(magnitude, places, letter, alternative, 1);
      return /[.e]/.test(digits) ? digits : `${digits}.0`;
    }
    case '%':
      return `${fixed(magnitude * 100, places)}%`;
    default:
      return fixed(magnitude, places);
  }
}

/** The digits of an integer without its sign, in the base of its type. */
export function integerDigits(run: Run, value: bigint, type: string, alternative: boolean): string {
  const magnitude = value < 0n ? -value : value;
  switch (type) {
    case 'x':
      return (alternative ? '0x' : '') + magnitude.toString(16);
    case 'X':
      return (alternative ? '0X' : '') + magnitude.toString(16).toUpperCase();
    case 'o':
      return (alternative ? '0o' : '') + magnitude.toString(8);
    case 'b':
      return (alternative ? '0b' : '') + magnitude.toString(2);
    default:
      return integerText(run, magnitude);
  }
}

/** The sign of a number, as a format writes it. */
export function signOf(isNegative: boolean, flag: string): string {
  if (isNegative) return '-';
  return flag === '+' || flag === ' ' ? flag : '';
}

/** Digits in groups, such as `1,234.5`. */
export function grouped(digits: string, separator: string, size: number): string {
  let end = 0;
  // Groups of four also contain hexadecimal digits; in other groups, an `e` begins a power of ten.
  const digit = size === 4 ? /[0-9a-fA-F]/ : /[0-9]/;
  while (end < digits.length && digit.test(digits.charAt(end))) end++;
  const whole = digits.slice(0, end);
  const groups: string[] = [];
  for (let at = whole.length; at > 0; at -= size) groups.unshift(whole.slice(Math.max(0, at - size), at));
  return groups.join(separator) + digits.slice(end);
}
