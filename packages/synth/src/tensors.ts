// The tensors of a synthetic model: names and shapes as llama.cpp expects them, and how large their values are.
import type { Shape } from '@rondo/tensor';
import type { SynthShape } from './shapes.ts';

/** A tensor to be made. */
export interface SynthTensor {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  /** The values, or the standard deviation of random ones. */
  readonly values: Float32Array | { readonly deviation: number };
}

/**
 * The tensors in the order of the file. Each product keeps its input's size, so that every layer weighs as much in the
 * result as the embedding does.
 */
export function synthTensors(shape: SynthShape): SynthTensor[] {
  const { layers, width, heads, kvHeads, headSize, vocabularySize, tied, experts } = shape;
  const feedForwardWidth = experts?.feedForwardWidth ?? shape.feedForwardWidth;
  const norm = (name: string, size: number): SynthTensor => ({
    name,
    shape: [size],
    values: new Float32Array(size).fill(1),
  });
  const matrix = (name: string, sizes: Shape, gain = 1): SynthTensor => ({
    name,
    shape: sizes,
    values: { deviation: gain / Math.sqrt(sizes.at(-1) ?? 1) },
  });

  // A little sharper than chance: a trained model's logits spread over a few units.
  const outputGain = 2;
  const tensors = [
    matrix('token_embd.weight', [vocabularySize, width], tied ? outputGain : Math.sqrt(width)),
  ];
  if (shape.ropeFactor !== undefined) {
    const values = ropeDivisors(shape, shape.ropeFactor);
    tensors.push({ name: 'rope_freqs.weight', shape: [values.length], values });
  }
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
  if (!tied) tensors.push(matrix('output.weight', [vocabularySize, width], outputGain));
  return tensors;
}

/**
 * Divisors of the rotary frequencies, one a pair: waves longer than the context of the first training are stretched by
 * `factor`, short ones not at all. Llama 3.1's rule, with its published settings.
 */
function ropeDivisors({ headSize, ropeBase }: SynthShape, factor: number): Float32Array {
  const [context, low, high] = [8192, 1, 4];
  return Float32Array.from({ length: headSize / 2 }, (_, pair) => {
    const wave = 2 * Math.PI * ropeBase ** ((2 * pair) / headSize);
    const smooth = Math.min(1, Math.max(0, (context / wave - low) / (high - low)));
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
