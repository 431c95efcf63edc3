// Metadata values to be written, of the types that models have.
import type { MetadataValue } from './types.ts';

/** A whole number, 0 to 2^32 - 1. */
export const u32 = (value: number): MetadataValue => ({ type: 'u32', value });

/** A number of single precision. */
export const f32 = (value: number): MetadataValue => ({ type: 'f32', value });

/** A text. */
export const string = (value: string): MetadataValue => ({ type: 'string', value });

/** A list of whole numbers, 0 to 2^32 - 1. */
export const u32s = (...values: number[]): MetadataValue => ({
  type: 'array',
  of: 'u32',
  value: Uint32Array.from(values),
});

/** A list of booleans. */
export const bools = (...value: boolean[]): MetadataValue => ({ type: 'array', of: 'bool', value });
