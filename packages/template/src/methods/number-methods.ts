// Attributes of numbers and booleans.
import { bindPositions } from '../arguments.ts';
import { callable, type Callable, type Value } from '../values.ts';

/** A method without arguments. */
const method = (name: string, result: () => Value): Callable =>
  callable(name, (_, given, named) => {
    bindPositions(name, [], 0, given, named);
    return result();
  });

/** The attribute of a number with this name; undefined if there is none. */
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
      return method(name, () => whole ?? of);
    case 'is_integer':
      return typeof of === 'number' ? method(name, () => Number.isInteger(of)) : undefined;
    case 'bit_length':
      return whole === undefined
        ? undefined
        : method(name, () => BigInt(whole === 0n ? 0 : (whole < 0n ? -whole : whole).toString(2).length));
    default:
      return undefined;
  }
}
