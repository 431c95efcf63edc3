// The numbers of GGUF's value types. Source: GGUF specification, `gguf_metadata_value_type`.
import type { MetadataValue, NumericArrays, NumericType } from './types.ts';

/** Any value type. */
export type ValueType = MetadataValue['type'];

const names: readonly ValueType[] = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
];

/** The type with this number in a file; undefined if there is no such type. */
export function valueTypeOf(id: number): ValueType | undefined {
  return names[id];
}

/** The number of a type in a file. */
export function valueTypeId(type: ValueType): number {
  return names.indexOf(type);
}

/** The fewest bytes that a value of each type takes in a file. */
export const minimumBytes: Readonly<Record<ValueType, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  string: 8,
  array: 12,
  u64: 8,
  i64: 8,
  f64: 8,
};

/** Views a buffer as numbers of each type. */
export const numericArrays: {
  readonly [T in NumericType]: new (
    buffer: ArrayBuffer,
    byteOffset?: number,
    length?: number,
  ) => NumericArrays[T];
} = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Whether a type is numeric, so that arrays of it are typed arrays. */
export function isNumericType(type: ValueType): type is NumericType {
  return type in numericArrays;
}
