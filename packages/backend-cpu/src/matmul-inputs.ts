// Which data types have a kernel, and how each wants the other side of its product.
import { iqGrids, type DType } from '@rondo/tensor';
import { INPUT_F32, INPUT_Q8_32_WIDE, INPUT_Q8_256, INPUT_Q8_32 } from './protocol.ts';

/** Data types of weights that the kernels multiply with -> INPUT_* of the protocol. */
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

/** Data types without a dot product of their own: those of `assembly/decode/`. */
const decoded: ReadonlySet<string> = new Set([...Object.keys(iqGrids), 'NVFP4', 'Q1_0', 'Q2_0']);

/** Whether rows of the type are decoded to float32 before anything is multiplied with them. */
export function isDecoded(dtype: DType): boolean {
  return decoded.has(dtype);
}

/** Data types whose rows are multiplied with many tokens as they are; the others are unpacked first. */
const withoutUnpacking: ReadonlySet<DType> = new Set(['F32', 'F16', 'BF16', 'Q8_0']);

/**
 * Bytes that the kernels unpack a row of `width` values to, before they multiply it with many tokens; 0 where they need
 * not. The layouts are described in `assembly/dot/`: blocks256.ts, blocks32.ts and levels.ts.
 */
export function unpackedRowBytes(dtype: DType, width: number): number {
  if (isDecoded(dtype)) return width * 4;
  if (withoutUnpacking.has(dtype)) return 0;
  const input = matmulInputs[dtype];
  if (input === INPUT_Q8_256) return (width / 256) * 336;
  return input === INPUT_Q8_32 ? Math.ceil(width / 128) * 160 : width + (width / 32) * 4;
}

/** Data types of which a block is unpacked so slowly that it must not be done for each four of eight tokens. */
const unpackedSlowly: ReadonlySet<DType> = new Set(['Q2_K', 'Q3_K', 'Q6_K', 'IQ4_XS', 'TQ1_0']);

/**
 * From so many tokens on a row is unpacked before it is multiplied. Below, to unpack it on the way, for each four of them anew,
 * costs less than to write and read what was unpacked.
 */
export function manyTokens(dtype: DType): number {
  return unpackedSlowly.has(dtype) ? 8 : 12;
}

/** Data types of weights that the backend multiplies with; any other is refused as `UNSUPPORTED`. */
export const supportedDtypes = Object.keys(matmulInputs) as readonly DType[];

/** Bytes from one row of `width` values in the form `input` to the next. */
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

/** Two inputs that take as much together do not stay in the first-level cache while the rows of a weight pass by. */
const CACHED_BYTES = 16 * 1024;
/** Data types whose products take less time than to fetch the inputs from the second-level cache. */
const fastest: ReadonlySet<DType> = new Set(['F32', 'Q8_0']);

/** Whether two or three tokens, with rows of `width` values, are faster one after the other than together. */
export function goApart(dtype: DType, width: number): boolean {
  const input = matmulInputs[dtype];
  return fastest.has(dtype) && input !== undefined && 2 * inputRowBytes(input, width) >= CACHED_BYTES;
}
