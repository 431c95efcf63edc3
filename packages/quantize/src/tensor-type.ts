// The data type of each tensor of a quantized file, by the rules of llama.cpp's `llama-quantize` without its mixtures.
import { layoutOf, type DType, type Shape } from '@rondo/tensor';

/** Numbers of `general.file_type` for files whose weights are mostly of one type. Source: llama.h, `llama_ftype`. */
const fileTypes: Partial<Record<DType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 14,
  Q5_K: 16,
  Q6_K: 18,
  IQ2_XXS: 19,
  IQ2_XS: 20,
  IQ3_XXS: 23,
  IQ1_S: 24,
  IQ4_NL: 25,
  IQ3_S: 26,
  IQ2_S: 28,
  IQ4_XS: 30,
  IQ1_M: 31,
  BF16: 32,
  TQ1_0: 36,
  TQ2_0: 37,
  MXFP4: 38,
  NVFP4: 39,
  Q1_0: 40,
  Q2_0: 41,
};

/** The type that replaces a type if rows are no multiple of its blocks; Q4_0 for types that are not listed. */
const forShortRows: Partial<Record<DType, DType>> = {
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
  IQ4_XS: 'IQ4_NL',
};

/** Matrices that are too small, or too sensitive, to be quantized, and the biases of experts. */
const staysWhole =
  /(^|\.)((ffn_gate_inp|position_embd|ssm_conv1d|ssm_norm|shortconv\.conv)\.weight|ssm_[ad])$|\.bias$/;

/** The number of `general.file_type` for a file mostly of this type; undefined if there is none. */
export function fileTypeOf(dtype: DType): number | undefined {
  return fileTypes[dtype];
}

/**
 * The type of a tensor in a file mostly of type `wanted`. Vectors, biases, the routers of experts and tables of positions
 * stay F32. MXFP4 is for stacks of experts, and other matrices get Q8_0. The output matrix has at least 6 bits. Rows that are no multiple of a block take the nearest type that fits them.
 *
 * @param shape outermost dimension first
 * @param tied whether the model has no output matrix and uses its embedding instead
 */
export function tensorType(name: string, shape: Shape, wanted: DType, tied: boolean): DType {
  if (shape.length < 2 || staysWhole.test(name)) return 'F32';
  const usual = wanted === 'MXFP4' && shape.length < 3 ? 'Q8_0' : wanted;
  return fitting(withOutput(name, usual, tied), shape.at(-1) ?? 0);
}

/** The matrix that gives the logits. */
export function outputName(tied: boolean): string {
  return tied ? 'token_embd.weight' : 'output.weight';
}

/** `wanted`, except for the output matrix, which has at least 6 bits. */
export function withOutput(name: string, wanted: DType, tied: boolean): DType {
  return name === outputName(tied) && bitsOf(wanted) < bitsOf('Q6_K') ? 'Q6_K' : wanted;
}

/** `dtype`; if rows of `width` values are no multiple of its blocks, the nearest type that fits them. */
export function fitting(dtype: DType, width: number): DType {
  const { blockElements } = layoutOf(dtype);
  if (width % blockElements === 0) return dtype;
  return blockElements > 32 && width % 32 === 0 ? (forShortRows[dtype] ?? 'Q4_0') : 'F16';
}

function bitsOf(dtype: DType): number {
  const { blockBytes, blockElements } = layoutOf(dtype);
  return (blockBytes * 8) / blockElements;
}
