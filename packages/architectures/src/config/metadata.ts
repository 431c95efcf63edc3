// Reads the metadata of one architecture. The keys begin with the name of the architecture. Errors for numbers out of range
// name the key.
import { RondoError } from '@rondo/errors';
import {
  findBoolean,
  findBooleans,
  findInteger,
  findIntegers,
  findNumber,
  findString,
  type Gguf,
} from '@rondo/gguf';
import { fail, LIMITS } from './limits.ts';

/** The range of whole numbers that a key may have. */
export interface IntegerRange {
  readonly least?: number;
  readonly most: number;
}

/** The keys of an architecture, without its name and the first dot. */
export interface Metadata {
  readonly gguf: Gguf;
  readonly name: string;
  has(key: string): boolean;
  /** A whole number. @throws RondoError `BAD_CONFIG` if the key is missing without a default, or out of range */
  integer(key: string, range: IntegerRange, byDefault?: number): number;
  /** A whole number for each of `count` layers, from one number or an array. @throws as `integer` */
  integers(key: string, count: number, range: IntegerRange, byDefault?: number): readonly number[];
  /** A number above 0, of at most `LIMITS.number`. @throws as `integer` */
  positive(key: string, byDefault?: number): number;
  /** A number above 0; undefined if the key is absent or its value is 0. @throws as `integer` */
  findPositive(key: string): number | undefined;
  findString(key: string): string | undefined;
  findBoolean(key: string): boolean | undefined;
  /** A boolean for each of `count` layers; undefined if the key is absent. @throws RondoError `BAD_CONFIG` */
  findBooleans(key: string, count: number): readonly boolean[] | undefined;
}

/** The metadata of the architecture `name`. */
export function metadataOf(gguf: Gguf, name: string): Metadata {
  const of = (key: string) => `${name}.${key}`;

  function check(key: string, value: number, { least = 1, most }: IntegerRange, layer?: number): number {
    const where = layer === undefined ? key : `${key}[${layer}]`;
    if (value < least || value > most) fail(of(where), value, `a whole number from ${least} to ${most}`);
    return value;
  }

  function ofLayers<T>(key: string, values: readonly T[], count: number): readonly T[] {
    if (values.length === count) return values;
    throw new RondoError(
      'BAD_CONFIG',
      `The metadata value "${of(key)}" is an array of ${values.length} values for a model of ${count} layers. Convert the model again.`,
      { details: { key: of(key), found: values.length, expected: count } },
    );
  }

  function missing(key: string): never {
    return fail(of(key), 'nothing', 'there: the model is incomplete, convert it again');
  }

  function positive(key: string, value: number): number {
    if (!(value > 0 && value <= LIMITS.number))
      fail(of(key), value, `a positive number of at most ${LIMITS.number}`);
    return value;
  }

  return {
    gguf,
    name,
    has: (key) => gguf.metadata.has(of(key)),
    integer: (key, range, byDefault) =>
      check(key, findInteger(gguf, of(key)) ?? byDefault ?? missing(key), range),
    integers(key, count, range, byDefault) {
      const found = findIntegers(gguf, of(key)) ?? byDefault ?? missing(key);
      if (typeof found === 'number') {
        check(key, found, range);
        return Array.from({ length: count }, () => found);
      }
      return ofLayers(key, found, count).map((value, layer) => check(key, value, range, layer));
    },
    positive: (key, byDefault) => positive(key, findNumber(gguf, of(key)) ?? byDefault ?? missing(key)),
    findPositive(key) {
      const value = findNumber(gguf, of(key));
      return value === undefined || value === 0 ? undefined : positive(key, value);
    },
    findString: (key) => findString(gguf, of(key)),
    findBoolean: (key) => findBoolean(gguf, of(key)),
    findBooleans(key, count) {
      const found = findBooleans(gguf, of(key));
      return found && ofLayers(key, found, count);
    },
  };
}
