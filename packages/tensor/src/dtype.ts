// The names of GGML's data types, their numbers in a file, and the bytes of a row. The arithmetic on values is in `formats/`.
import { RondoError } from '@rondo/errors';

/** Name -> [number in the file, elements per block, bytes per block]. Source: ggml.h and ggml-common.h. */
const table = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q4_1: [3, 32, 20],
  Q5_0: [6, 32, 22],
  Q5_1: [7, 32, 24],
  Q8_0: [8, 32, 34],
  Q8_1: [9, 32, 36],
  Q2_K: [10, 256, 84],
  Q3_K: [11, 256, 110],
  Q4_K: [12, 256, 144],
  Q5_K: [13, 256, 176],
  Q6_K: [14, 256, 210],
  Q8_K: [15, 256, 292],
  IQ2_XXS: [16, 256, 66],
  IQ2_XS: [17, 256, 74],
  IQ3_XXS: [18, 256, 98],
  IQ1_S: [19, 256, 50],
  IQ4_NL: [20, 32, 18],
  IQ3_S: [21, 256, 110],
  IQ2_S: [22, 256, 82],
  IQ4_XS: [23, 256, 136],
  I8: [24, 1, 1],
  I16: [25, 1, 2],
  I32: [26, 1, 4],
  I64: [27, 1, 8],
  F64: [28, 1, 8],
  IQ1_M: [29, 256, 56],
  BF16: [30, 1, 2],
  TQ1_0: [34, 256, 54],
  TQ2_0: [35, 256, 66],
  MXFP4: [39, 32, 17],
  NVFP4: [40, 64, 36],
  Q1_0: [41, 128, 18],
  Q2_0: [42, 64, 18],
} as const satisfies Record<string, readonly [id: number, blockElements: number, blockBytes: number]>;

/**
 * The name of a GGML data type, as in `ggml_type_name` but in capitals.
 *
 * @useDeclaredType
 */
export type DType = keyof typeof table;

/** The storage layout of a data type. */
export interface DTypeLayout {
  readonly dtype: DType;
  /** Number of the type in a GGUF file. */
  readonly id: number;
  /** Number of elements that are stored together; a row is a whole number of blocks. */
  readonly blockElements: number;
  readonly blockBytes: number;
}

const layouts = Object.fromEntries(
  Object.entries(table).map(([dtype, [id, blockElements, blockBytes]]) => [
    dtype,
    { dtype: dtype as DType, id, blockElements, blockBytes },
  ]),
) as Record<DType, DTypeLayout>;

const byId = new Map(Object.values(layouts).map((layout) => [layout.id, layout]));

/** All data types. */
export const dtypes = Object.keys(table) as readonly DType[];

/** The layout of `dtype`. */
export function layoutOf(dtype: DType): DTypeLayout {
  return layouts[dtype];
}

/** The layout of the type with this number in a file, or undefined if no such type is known. */
export function layoutOfId(id: number): DTypeLayout | undefined {
  return byId.get(id);
}

/**
 * Bytes of a row of `elements` values.
 *
 * @throws RondoError `BAD_SHAPE` when the row is not a whole number of blocks.
 */
export function rowBytes(dtype: DType, elements: number): number {
  const { blockElements, blockBytes } = layouts[dtype];
  if (elements % blockElements !== 0) {
    throw new RondoError(
      'BAD_SHAPE',
      `A row of ${elements} values is no multiple of the ${blockElements} in a ${dtype} block.`,
      {
        details: { dtype, elements, blockElements },
      },
    );
  }
  return (elements / blockElements) * blockBytes;
}
