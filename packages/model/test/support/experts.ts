// Small models with experts, as tests use them: with a router that prefers none of them, or some.
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import type { DType } from '@rondo/tensor';

/** How to make one. */
export interface ExpertModelOptions {
  readonly dtype: DType;
  /** Whether each layer's router prefers some of its experts. */
  readonly skewed?: boolean;
}

/** How much more than the one after it the router prefers an expert. */
const PREFERENCE = 0.7;

/** The file of a model of 3 layers with 8 experts each, of which a token uses 2. */
export function expertModel({ dtype, skewed = false }: ExpertModelOptions): Promise<Uint8Array> {
  const model = synthesize(synthShapes['tiny-experts'], { dtype });
  if (!skewed) return encodeGguf(model);
  const tensors = model.tensors.map((tensor) => {
    if (!tensor.name.endsWith('.ffn_gate_inp.weight')) return tensor;
    const layer = Number(tensor.name.split('.')[1]);
    return { ...tensor, data: skewedRouter(layer, tensor.shape) };
  });
  return encodeGguf({ ...model, tensors });
}

/** Rows that differ in size: as scores are as often above zero as below, the largest are chosen every other time. */
function skewedRouter(layer: number, [experts = 0, width = 0]: readonly number[]): Uint8Array<ArrayBuffer> {
  const values = Float32Array.from({ length: experts * width }, (_, index) => {
    const expert = Math.floor(index / width);
    // Another order in each layer.
    const rank = (expert * 3 + layer) % experts;
    const noise = Math.sin((index + 1) * 12.9898 + layer * 78.233) * 43758.5453;
    return ((noise - Math.floor(noise) - 0.5) / Math.sqrt(width)) * 8 * PREFERENCE ** rank;
  });
  return new Uint8Array(values.buffer);
}
