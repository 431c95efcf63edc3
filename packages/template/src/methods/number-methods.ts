// Attributes of numbers and booleans.
import { callable, type Value } from '../values.ts';

/** The attribute of a number; undefined where it has none of that name. */
export function numberAttribute(of: boolean | bigint | number, name: string): Value | undefined {
  const whole = typeof of === 'number' ? undefined : BigInt(of);
  switch (name) {
    case 'real':
      return whole ?? of;
    case 'imag':
      return whole === undefined ? 0 : 0n;
    case 'numerator':
      return whole;
    case 'denominator':
      return whole === undefined ? undefined : 1n;
    case 'conjugate':
      return callable(name, () => whole ?? of);
    case 'is_integer':
      return typeof of === 'number' ? callable(name, () => Number.isInteger(of)) : undefined;
    case 'bit_length':
      return whole === undefined
        ? undefined
        : callable(name, () => BigInt(whole === 0n ? 0 : (whole < 0n ? -whole : whole).toString(2).length));
    default:
      return undefined;
  }
}
