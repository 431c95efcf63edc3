// The contents of a GGUF file as plain data, the same for reading and writing. No parsing here.
import type { DType, Shape } from '@rondo/tensor';

/** Array types of the numeric value types. */
export interface NumericArrays {
  readonly u8: Uint8Array;
  readonly i8: Int8Array;
  readonly u16: Uint16Array;
  readonly i16: Int16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}

/** A numeric value type, as in GGUF's `gguf_metadata_value_type`. */
export type NumericType = keyof NumericArrays;

/** An array value; `of` is the type of its elements. */
export type MetadataArray =
  | {
      [T in NumericType]: { readonly type: 'array'; readonly of: T; readonly value: NumericArrays[T] };
    }[NumericType]
  | { readonly type: 'array'; readonly of: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly of: 'array'; readonly value: readonly MetadataArray[] };

/** A metadata value with its type in the file. */
export type MetadataValue =
  | { readonly type: Exclude<NumericType, 'u64' | 'i64'>; readonly value: number }
  | { readonly type: 'u64' | 'i64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | MetadataArray;

/** Where a tensor lies, and how it is stored. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  /**
   * Sizes of the dimensions, outermost dimension first: a weight matrix is `[out, in]`. The file has the dimensions in
   * reverse order.
   */
  readonly shape: Shape;
  /** Offset in bytes of the first byte, from the beginning of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/** The header of a GGUF file. */
export interface Gguf {
  /** Version of the format: 2 or 3. */
  readonly version: number;
  /** The metadata by key, in the order of the file. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** The tensors by name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Tensor data begins at multiples of this number of bytes. */
  readonly alignment: number;
  /** Where tensor data begins: the first aligned byte after the header. */
  readonly dataOffset: number;
  /** Size of the whole file in bytes. */
  readonly sizeBytes: number;
}
