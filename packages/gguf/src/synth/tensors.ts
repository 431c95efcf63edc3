// The tensors of a synthetic model: names and shapes as llama.cpp expects them, and how large their values are.
import type { Shape } from '@rondo/tensor';
import type { SynthShape } from './shapes.ts';

/** A tensor to be made. */
export interface SynthTensor {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  /** Standard deviation of the values; undefined = all are 1, as in an untrained norm. */
  readonly deviation: number | undefined;
}

/**
 * The tensors in the order of the file. Each product keeps its input's size, so that every layer weighs as much in the
 * result as the embedding does.
 */
export function synthTensors(shape: SynthShape): SynthTensor[] {
  const { layers, width, heads, kvHeads, headSize, vocabularySize, tied, experts } = shape;
  const feedForwardWidth = experts?.feedForwardWidth ?? shape.feedForwardWidth;
  const norm = (name: string, size: number): SynthTensor => ({ name, shape: [size], deviation: undefined });
  const matrix = (name: string, sizes: Shape, gain = 1): SynthTensor => ({
    name,
    shape: sizes,
    deviation: gain / Math.sqrt(sizes.at(-1) ?? 1),
  });

  const tensors = [matrix('token_embd.weight', [vocabularySize, width], Math.sqrt(width))];
  for (let layer = 0; layer < layers; layer++) {
    const blk = `blk.${layer}`;
    tensors.push(
      norm(`${blk}.attn_norm.weight`, width),
      matrix(`${blk}.attn_q.weight`, [heads * headSize, width]),
      matrix(`${blk}.attn_k.weight`, [kvHeads * headSize, width]),
      matrix(`${blk}.attn_v.weight`, [kvHeads * headSize, width]),
      matrix(`${blk}.attn_output.weight`, [width, heads * headSize]),
    );
    if (shape.architecture !== 'llama')
      tensors.push(norm(`${blk}.attn_q_norm.weight`, headSize), norm(`${blk}.attn_k_norm.weight`, headSize));
    tensors.push(norm(`${blk}.ffn_norm.weight`, width));
    if (experts) {
      const stack = [experts.count];
      tensors.push(
        matrix(`${blk}.ffn_gate_inp.weight`, [experts.count, width]),
        matrix(`${blk}.ffn_gate_exps.weight`, [...stack, feedForwardWidth, width]),
        matrix(`${blk}.ffn_up_exps.weight`, [...stack, feedForwardWidth, width]),
        matrix(`${blk}.ffn_down_exps.weight`, [...stack, width, feedForwardWidth]),
      );
    } else {
      tensors.push(
        matrix(`${blk}.ffn_gate.weight`, [feedForwardWidth, width]),
        matrix(`${blk}.ffn_up.weight`, [feedForwardWidth, width]),
        matrix(`${blk}.ffn_down.weight`, [width, feedForwardWidth]),
      );
    }
  }
  tensors.push(norm('output_norm.weight', width));
  // A little sharper than chance: a trained model's logits spread over a few units.
  if (!tied) tensors.push(matrix('output.weight', [vocabularySize, width], 2));
  return tensors;
}
