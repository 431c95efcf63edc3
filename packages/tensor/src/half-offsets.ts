// Where blocks keep their float16 scales. For those who make blocks up: every other bit of such a block may be anything.
import type { DType } from './dtype.ts';

/**
 * Offset in a block of the main scale, and behind it in some types that of the minimum's. Types that are not here have no
 * float16 scale. Source: ggml-common.h.
 */
export const halfOffsets: Partial<Record<DType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ1_S: [0],
  IQ2_XXS: [0],
  IQ2_XS: [0],
  IQ2_S: [0],
  IQ3_XXS: [0],
  IQ3_S: [0],
  IQ4_NL: [0],
  IQ4_XS: [0],
  TQ1_0: [52],
  TQ2_0: [64],
  Q1_0: [0],
  Q2_0: [0],
};
