// Names of the tensors of a layer, as GGUF files have them.
import type { TensorSpec } from '../architecture.ts';

/** A weight of a layer. */
export function layerTensor(layer: number, name: string, ...shape: number[]): TensorSpec {
  return { name: `blk.${layer}.${name}.weight`, shape };
}
