// The operands of operations: activations in the memory of a backend, and weights in slots, in the format of their file.
import type { DType } from './dtype.ts';

/** Sizes of the dimensions, outermost first; the last dimension is contiguous in memory. */
export type Shape = readonly number[];

/** Float32 values in the memory of a backend, such as activations and logits. Most tensors have the shape `[tokens, width]`. */
export interface Tensor {
  readonly shape: Shape;
}

/** A tensor that `Backend.tensor` allocated. It stays until freed, unlike the results of an encoder. */
export interface PersistentTensor extends Tensor {
  /** Gives the memory back. Idempotent. */
  free(): void;
}

/** How the values of a weight are laid out in memory. `raw`: as in the file, row after row. */
export type WeightLayout = 'raw';

/** Model weights `[out, in]` or `[width]` in the data type of their file. They are in a slot, or are a `WeightRef`. */
export interface Weight {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Default: `raw`. */
  readonly layout?: WeightLayout | undefined;
  /**
   * The matrix in several pieces, in the order of its rows. Each piece is a weight `[rows, in]`. The operation uses the pieces
   * instead of the matrix. Absent if the matrix is in one piece.
   */
  readonly parts?: readonly Weight[] | undefined;
}

/**
 * A weight that is leased when a submission reaches the operation that uses the weight. `segment` and `offset` identify the
 * weight: a copy of the object is the same weight.
 */
export interface WeightRef extends Weight {
  /** The segment that holds the weight. */
  readonly segment: number;
  /** The offset of the weight in the file, in bytes. */
  readonly offset: number;
  readonly layout: WeightLayout;
}

/** Whether a weight must be leased. */
export function isWeightRef(weight: Weight): weight is WeightRef {
  return 'segment' in weight;
}
