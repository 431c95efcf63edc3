// The format of a data type for the shaders: WGSL that decodes 32 adjacent values of a row. This folder has one file per family
// of formats; `index.ts` lists all formats, and `loads.ts` has the functions that read words.
import type { DType } from '@rondo/tensor';

/** A data type as WGSL. */
export interface WgslFormat {
  readonly dtype: DType;
  /**
   * Declares three names. `struct Group`: a thread's data of 32 values before decoding. `fn load_group(row: u32, group: u32)
   * -> Group`: loads a group; `row` is the first byte of the row. `fn values(g: Group, i: u32) -> vec4<f32>`: values 4i to
   * 4i + 3 of the group. Values after the row's end are 0.
   */
  readonly code: string;
  /** Constants that the code reads as `table: array<u32>`, for formats with too many constants for the text. */
  readonly table?: (() => Int8Array) | undefined;
}

/** Number of values that are decoded together. */
export const GROUP = 32;
