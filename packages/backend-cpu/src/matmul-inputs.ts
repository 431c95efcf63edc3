// The data types with a matmul kernel, and the form in which each kernel needs its input.
import { iqGrids, type DType } from '@rondo/tensor';
import { INPUT_F32, INPUT_Q8_32_WIDE, INPUT_Q8_256, INPUT_Q8_32 } from './protocol.ts';

/** For each data type of weights with a kernel: the form of the input, an INPUT_* of the protocol. */
export const matmulInputs: Readonly<Partial<Record<DType, number>>> = {
  F32: INPUT_F32,
  F16: INPUT_F32,
  BF16: INPUT_F32,
  Q8_0: INPUT_Q8_32_WIDE,
  Q4_0: INPUT_Q8_32,
  Q4_1: INPUT_Q8_32,
  Q5_0: INPUT_Q8_32,
  Q5_1: INPUT_Q8_32,
  Q2_K: INPUT_Q8_256,
  Q3_K: INPUT_Q8_256,
  Q4_K: INPUT_Q8_256,
  Q5_K: INPUT_Q8_256,
  Q6_K: INPUT_Q8_256,
  IQ4_NL: INPUT_Q8_32_WIDE,
  IQ4_XS: INPUT_Q8_32_WIDE,
  MXFP4: INPUT_Q8_32,
  TQ1_0: INPUT_Q8_256,
  TQ2_0: INPUT_Q8_256,
  IQ1_S: INPUT_F32,
  IQ1_M: INPUT_F32,
  IQ2_XXS: INPUT_F32,
  IQ2_XS: INPUT_F32,
  IQ2_S: INPUT_F32,
  IQ3_XXS: INPUT_F32,
  IQ3_S: INPUT_F32,
  NVFP4: INPUT_F32,
  Q1_0: INPUT_F32,
  Q2_0: INPUT_F32,
};

/** Data types without their own dot product: the types of `assembly/decode/`. */
const decoded: ReadonlySet<string> = new Set([...Object.keys(iqGrids), 'NVFP4', 'Q1_0', 'Q2_0']);

/** Whether rows of the type are decoded to float32 before they are multiplied. */
export function isDecoded(dtype: DType): boolean {
  return decoded.has(dtype);
}

/** Data types whose rows are never unpacked, even for many tokens; rows of the other types are unpacked first. */
const withoutUnpacking: ReadonlySet<DType> = new Set(['F32', 'F16', 'BF16', 'Q8_0']);

/**
 * Bytes of an unpacked row of `width` values; the kernels unpack rows before they multiply them with many tokens. 0: rows of
 * this type are not unpacked. `assembly/dot/` describes the layouts: blocks256.ts, blocks32.ts and levels.ts.
 */
export function unpackedRowBytes(dtype: DType, width: number): number {
  if (isDecoded(dtype)) return width * 4;
  if (withoutUnpacking.has(dtype)) return 0;
  const input = matmulInputs[dtype];
  if (input === INPUT_Q8_256) return (width / 256) * 336;
  return input === INPUT_Q8_32 ? Math.ceil(width / 128) * 160 : width + (width / 32) * 4;
}

/** Data types that unpack slowly: their rows are unpacked beforehand from 8 tokens on, not from 12. */
const unpackedSlowly: ReadonlySet<DType> = new Set(['Q2_K', 'Q3_K', 'Q6_K', 'IQ4_XS', 'TQ1_0']);

/**
 * Least number of tokens for which a row is unpacked before it is multiplied. For fewer tokens, unpacking the row again for
 * each four tokens costs less than writing and reading the unpacked row.
 */
export function manyTokens(dtype: DType): number {
  return unpackedSlowly.has(dtype) ? 8 : 12;
}

/** Data types of weights that the backend multiplies with; other types are refused with `UNSUPPORTED`. */
export const supportedDtypes = Object.keys(matmulInputs) as readonly DType[];

/** Stride in bytes of rows of `width` values in the form `input`. */
export function inputRowBytes(input: number, width: number): number {
  if (input === INPUT_F32) return width * 4;
  const bytes =
    input === INPUT_Q8_32
      ? width + (width / 32) * 8
      : input === INPUT_Q8_32_WIDE
        ? width * 2 + (width / 32) * 4
        : width + (width / 256) * 4 + (width / 16) * 2;
  return Math.ceil(bytes / 64) * 64;
}

/** From this size on, two input rows do not stay in the first-level cache while the rows of a weight are read. */
const CACHED_BYTES = 16 * 1024;
/** Data types whose products take less time than reading the inputs from the second-level cache. */
const fastest: ReadonlySet<DType> = new Set(['F32', 'Q8_0']);

/** Whether two or three tokens with rows of `width` values are multiplied faster one by one than together. */
export function goApart(dtype: DType, width: number): boolean {
  const input = matmulInputs[dtype];
  return fastest.has(dtype) && input !== undefined && 2 * inputRowBytes(input, width) >= CACHED_BYTES;
}
