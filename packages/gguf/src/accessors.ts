// Typed look-ups in metadata: `get…` for a key that must be present, `find…` for a key that may be absent. A value of the
// wrong type is an error for both.
import { RondoError } from '@rondo/errors';
import type { Gguf, MetadataValue } from './types.ts';
import { isNumericType } from './value-types.ts';

/** The part of a `Gguf` that look-ups need. */
export type HasMetadata = Pick<Gguf, 'metadata'>;

/** Numbers in a typed array. 64-bit integers become a `Float64Array`, exactly. */
export type NumberArray =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** How a value of one kind is read; undefined for a value of another type. */
interface Reading<T> {
  readonly expected: string;
  readonly take: (entry: MetadataValue) => T | undefined;
}

const asString: Reading<string> = {
  expected: 'a string',
  take: (entry) => (entry.type === 'string' ? entry.value : undefined),
};

const asBoolean: Reading<boolean> = {
  expected: 'a boolean',
  take: (entry) => (entry.type === 'bool' ? entry.value : undefined),
};

const asNumber: Reading<number> = {
  expected: 'a number',
  take(entry) {
    if (entry.type === 'u64' || entry.type === 'i64') {
      const value = Number(entry.value);
      return Number.isSafeInteger(value) ? value : undefined;
    }
    return isNumericType(entry.type) && typeof entry.value === 'number' ? entry.value : undefined;
  },
};

const asInteger: Reading<number> = {
  expected: 'an integer',
  take(entry) {
    return entry.type === 'f32' || entry.type === 'f64' ? undefined : asNumber.take(entry);
  },
};

const asStringArray: Reading<readonly string[]> = {
  expected: 'an array of strings',
  take: (entry) => (entry.type === 'array' && entry.of === 'string' ? entry.value : undefined),
};

const asNumberArray: Reading<NumberArray> = {
  expected: 'an array of numbers',
  take(entry) {
    if (entry.type !== 'array' || entry.of === 'bool' || entry.of === 'string' || entry.of === 'array')
      return undefined;
    if (entry.of !== 'u64' && entry.of !== 'i64') return entry.value;
    const values = Float64Array.from(entry.value, Number);
    return values.every(Number.isSafeInteger) ? values : undefined;
  },
};

/** The string at `key`. @throws RondoError `BAD_CONFIG` when `key` is missing or its value is no string */
export function getString(gguf: HasMetadata, key: string): string {
  return required(gguf, key, asString);
}

/** The string at `key`; undefined if the key is absent. @throws RondoError `BAD_CONFIG` if the value is no string */
export function findString(gguf: HasMetadata, key: string): string | undefined {
  return optional(gguf, key, asString);
}

/** The boolean at `key`. @throws RondoError `BAD_CONFIG` when `key` is missing or its value is no boolean */
export function getBoolean(gguf: HasMetadata, key: string): boolean {
  return required(gguf, key, asBoolean);
}

/** The boolean at `key`; undefined if the key is absent. @throws RondoError `BAD_CONFIG` if the value is no boolean */
export function findBoolean(gguf: HasMetadata, key: string): boolean | undefined {
  return optional(gguf, key, asBoolean);
}

/**
 * A number of any type.
 *
 * @throws RondoError `BAD_CONFIG` when `key` is missing, or its value is no number or an integer above 2^53
 */
export function getNumber(gguf: HasMetadata, key: string): number {
  return required(gguf, key, asNumber);
}

/** As `getNumber`, but undefined if the key is absent. */
export function findNumber(gguf: HasMetadata, key: string): number | undefined {
  return optional(gguf, key, asNumber);
}

/**
 * A number of an integer type.
 *
 * @throws RondoError `BAD_CONFIG` when `key` is missing, or its value is no integer or an integer above 2^53
 */
export function getInteger(gguf: HasMetadata, key: string): number {
  return required(gguf, key, asInteger);
}

/** As `getInteger`, but undefined if the key is absent. */
export function findInteger(gguf: HasMetadata, key: string): number | undefined {
  return optional(gguf, key, asInteger);
}

/** The strings at `key`. @throws RondoError `BAD_CONFIG` when `key` is missing or its value is no array of strings */
export function getStringArray(gguf: HasMetadata, key: string): readonly string[] {
  return required(gguf, key, asStringArray);
}

/** As `getStringArray`, but undefined if the key is absent. */
export function findStringArray(gguf: HasMetadata, key: string): readonly string[] | undefined {
  return optional(gguf, key, asStringArray);
}

/** @throws RondoError `BAD_CONFIG` when `key` is missing, or its value is no array of numbers or has integers above 2^53 */
export function getNumberArray(gguf: HasMetadata, key: string): NumberArray {
  return required(gguf, key, asNumberArray);
}

/** As `getNumberArray`, but undefined if the key is absent. */
export function findNumberArray(gguf: HasMetadata, key: string): NumberArray | undefined {
  return optional(gguf, key, asNumberArray);
}

const asBooleans: Reading<readonly boolean[]> = {
  expected: 'an array of booleans',
  take: (entry) => (entry.type === 'array' && entry.of === 'bool' ? Array.from(entry.value) : undefined),
};

/**
 * The booleans at `key`; undefined if the key is absent. @throws RondoError `BAD_CONFIG` if the value is no array of
 * booleans
 */
export function findBooleans(gguf: HasMetadata, key: string): readonly boolean[] | undefined {
  return optional(gguf, key, asBooleans);
}

/** Integers of a type other than `f32` and `f64`: a single integer, or an integer for each layer. */
const asIntegers: Reading<number | readonly number[]> = {
  expected: 'an integer, or an array of integers',
  take(entry) {
    if (entry.type !== 'array') return asInteger.take(entry);
    if (entry.of === 'f32' || entry.of === 'f64') return undefined;
    const values = asNumberArray.take(entry);
    return values && Array.from(values);
  },
};

/**
 * An integer or several integers: files write one number for the whole model, or an array with one number for each layer.
 *
 * @throws RondoError `BAD_CONFIG` when the value of `key` has another type, or has integers above 2^53
 */
export function findIntegers(gguf: HasMetadata, key: string): number | readonly number[] | undefined {
  return optional(gguf, key, asIntegers);
}

/**
 * The integer at `key`, the same in all layers: a single number, or an array that repeats the number for each layer.
 *
 * @throws RondoError `BAD_CONFIG` if the array's length is not `layers`, or the value is of another type; `UNSUPPORTED`
 * if layers differ
 */
export function findIntegerOfLayers(gguf: HasMetadata, key: string, layers: number): number | undefined {
  const value = findIntegers(gguf, key);
  if (value === undefined || typeof value === 'number') return value;
  if (value.length !== layers) {
    throw new RondoError(
      'BAD_CONFIG',
      `The metadata value "${key}" is an array of ${value.length} numbers for a model of ${layers} layers. Convert the model again.`,
      { details: { key, found: value.length, expected: layers } },
    );
  }
  const [first = 0] = value;
  const layer = value.findIndex((one) => one !== first);
  if (layer < 0) return first;
  throw new RondoError(
    'UNSUPPORTED',
    `Layers that differ in "${key}" are not supported yet: layer 0 has ${first}, layer ${layer} has ${value[layer]}.`,
    { details: { key, layer, first, found: value[layer] } },
  );
}

function required<T>(gguf: HasMetadata, key: string, reading: Reading<T>): T {
  const value = optional(gguf, key, reading);
  if (value !== undefined) return value;
  throw new RondoError(
    'BAD_CONFIG',
    `The metadata has no "${key}", which must be ${reading.expected}. The model is incomplete; convert it again.`,
    { details: { key, expected: reading.expected, found: 'nothing' } },
  );
}

function optional<T>(gguf: HasMetadata, key: string, reading: Reading<T>): T | undefined {
  const entry = gguf.metadata.get(key);
  if (entry === undefined) return undefined;
  const value = reading.take(entry);
  if (value !== undefined) return value;
  const found = describe(entry);
  throw new RondoError(
    'BAD_CONFIG',
    `The metadata value "${key}" is ${found}, not ${reading.expected}. The model is damaged; convert it again.`,
    { details: { key, expected: reading.expected, found } },
  );
}

function describe(entry: MetadataValue): string {
  if (entry.type === 'array') return `an array of ${entry.value.length} ${entry.of}`;
  return `${entry.type} ${String(entry.value).slice(0, 40)}`;
}
