// What the shaders know of a data type: WGSL that decodes 32 neighbouring values of a row. One file per family in this
// folder, gathered in `index.ts`; `loads.ts` has the functions that they read words with.
import type { DType } from '@rondo/tensor';

/** A data type as WGSL. */
export interface WgslFormat {
  readonly dtype: DType;
  /**
   * Declares `struct Group`, what a thread holds of 32 values before they are decoded; `fn load_group(row: u32, group: u32)
   * -> Group`, where `row` is the byte at which the row begins; and `fn values(g: Group, i: u32) -> vec4<f32>`, values 4i
   * to 4i + 3 of them. Values past the row's end are 0.
   */
  readonly code: string;
  /** What the code reads as `table: array<u32>`: constants of the format that are too many for its text. */
  readonly table?: (() => Int8Array) | undefined;
}

/** Values that are decoded together. */
export const GROUP = 32;
