// Floats as text, with the digits that Python writes.
import { failed } from './errors.ts';

/** Python's `repr` of a float. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e');
    const sign = exponent.startsWith('-') ? '-' : '+';
    return `${digits}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  }
  const digits = String(value);
  return Number.isInteger(value) ? `${digits}.0` : digits;
}

/** A finite float as an exact fraction. */
function fractionOf(value: number): { numerator: bigint; denominator: bigint } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  const shift = Math.max(exponent, 1) - 1075;
  return shift >= 0
    ? { numerator: mantissa << BigInt(shift), denominator: 1n }
    : { numerator: mantissa, denominator: 1n << BigInt(-shift) };
}

/** A quotient rounded to an integer, halves to even. */
export function roundQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
}

const sign = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

/** A finite float with the given number of digits after the point, rounded exactly, halves to even. */
export function fixed(value: number, places: number): string {
  const { numerator, denominator } = fractionOf(value);
  const scaled = String(roundQuotient(numerator * 10n ** BigInt(places), denominator));
  if (places === 0) return sign(value) + scaled;
  const padded = scaled.padStart(places + 1, '0');
  return `${sign(value)}${padded.slice(0, -places)}.${padded.slice(-places)}`;
}

/** The first `count` digits of a finite float, rounded exactly, and its power of ten. */
export function significant(value: number, count: number): { digits: string; exponent: number } {
  if (value === 0) return { digits: '0'.repeat(count), exponent: 0 };
  const { numerator, denominator } = fractionOf(value);
  let exponent = Math.floor(Math.log10(Math.abs(value)));
  for (;;) {
    const shift = count - 1 - exponent;
    const digits = String(
      shift >= 0
        ? roundQuotient(numerator * 10n ** BigInt(shift), denominator)
        : roundQuotient(numerator, denominator * 10n ** BigInt(-shift)),
    );
    // The logarithm may be off by one, and 9.99 may round up to 10.0.
    if (digits.length === count) return { digits, exponent };
    exponent += digits.length > count ? 1 : -1;
  }
}

/** A finite float in scientific notation. */
export function scientific(value: number, places: number, letter = 'e'): string {
  const { digits, exponent } = significant(value, places + 1);
  const mantissa = places === 0 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign(value)}${mantissa}${letter}${exponent < 0 ? '-' : '+'}${size}`;
}

/**
 * A finite float in the shorter of the two notations, as `%g`; `keepZeros` is the flag `#`.
 *
 * @param leastPlaces the least number of digits after the point for which the fixed notation must have room
 */
export function general(
  value: number,
  precision: number,
  letter = 'e',
  keepZeros = false,
  leastPlaces = 0,
): string {
  const count = Math.max(precision, 1);
  const { exponent } = significant(value, count);
  const useFixed = exponent >= -4 && exponent < count - leastPlaces;
  const written = useFixed ? fixed(value, count - 1 - exponent) : scientific(value, count - 1, letter);
  if (keepZeros) return written;
  const [mantissa, power] = useFixed ? [written, ''] : splitPower(written, letter);
  return trimZeros(mantissa) + power;
}

function splitPower(written: string, letter: string): [string, string] {
  const at = written.indexOf(letter);
  return [written.slice(0, at), written.slice(at)];
}

function trimZeros(mantissa: string): string {
  if (!mantissa.includes('.')) return mantissa;
  let end = mantissa.length;
  while (mantissa[end - 1] === '0') end--;
  return mantissa.slice(0, mantissa[end - 1] === '.' ? end - 1 : end);
}

/** Python's `round(value, places)` of a float. @throws RondoError `BAD_TEMPLATE` if the result is too large */
export function roundFloat(value: number, places: number): number {
  if (!Number.isFinite(value) || places > 323) return value;
  if (places >= 0) return Number(fixed(value, places));
  const isNegative = value < 0 || Object.is(value, -0);
  if (places < -309) return isNegative ? -0 : 0;
  const { numerator, denominator } = fractionOf(value);
  const unit = 10n ** BigInt(-places);
  const rounded = Number(roundQuotient(numerator, denominator * unit) * unit);
  if (!Number.isFinite(rounded)) throw failed('rounded value too large to represent');
  return isNegative ? -rounded : rounded;
}
