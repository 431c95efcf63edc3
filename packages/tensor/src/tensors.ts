// What operations work on: activations, which live on a backend, and weights, which lie in slots in the format of their file.
import type { DType } from './dtype.ts';

/** Sizes of the dimensions, outermost first; the last one is contiguous in memory. */
export type Shape = readonly number[];

/** Float32 values that live on a backend: activations, logits. Most are `[tokens, width]`. */
export interface Tensor {
  readonly shape: Shape;
}

/** A tensor that was allocated by `Backend.tensor` and stays until freed; those of an encoder live as long as it. */
export interface PersistentTensor extends Tensor {
  /** Gives the memory back. Idempotent. */
  free(): void;
}

/**
 * Model weights in their file format, `[out, in]` (or `[width]`): inside a slot, or only described, to be leased when a
 * submission comes to them.
 */
export interface Weight {
  readonly dtype: DType;
  readonly shape: Shape;
  /**
   * Rows of a matrix in several pieces, the first rows first, each a weight `[rows, in]` of its own: what is multiplied with
   * instead of the whole. Not where it is in one piece.
   */
  readonly parts?: readonly Weight[] | undefined;
}
