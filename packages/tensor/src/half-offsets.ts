// The offsets of the float16 scales in a block, for code that generates random blocks: all other bits of a block can be random.
import type { DType } from './dtype.ts';

/**
 * For each type, the offset of the main scale in a block, in bytes. Some types have a second offset, for the scale of the
 * minimum. Types that are not listed have no float16 scale. Source: ggml-common.h.
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
