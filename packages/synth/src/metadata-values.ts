// Metadata values of the types that models have.
import type { MetadataValue } from '@rondo/gguf';

/** A whole number. */
export const u32 = (value: number): MetadataValue => ({ type: 'u32', value });
/** A number. */
export const f32 = (value: number): MetadataValue => ({ type: 'f32', value });
/** A text. */
export const string = (value: string): MetadataValue => ({ type: 'string', value });
/** Whole numbers, one for each layer or section. */
export const u32s = (...values: number[]): MetadataValue => ({
  type: 'array',
  of: 'u32',
  value: Uint32Array.from(values),
});
/** Whether something holds, for each layer. */
export const bools = (...value: boolean[]): MetadataValue => ({ type: 'array', of: 'bool', value });
