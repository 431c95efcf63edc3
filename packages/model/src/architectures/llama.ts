// Llama: Touvron et al. 2023, arXiv:2302.13971; grouped heads since arXiv:2307.09288. Also Mistral and everything else
// that GGUF files call `llama`, but with experts.
import type { Gguf } from '@rondo/gguf';
import type { Encoder, Tensor } from '@rondo/tensor';
import type { Architecture, LayerPlace, ModelConfig, Tensors, TensorSpec, Weights } from './architecture.ts';
import { readTransformerConfig } from './read-config.ts';

type AttentionRole = 'attnNorm' | 'q' | 'k' | 'v' | 'attnOut';
type FeedForwardRole = 'gate' | 'up' | 'down';
type LayerRole = AttentionRole | 'ffnNorm' | FeedForwardRole;
type OutputRole = 'norm' | 'output';

/** A weight of a layer. */
export function layerTensor(layer: number, name: string, ...shape: number[]): TensorSpec {
  return { name: `blk.${layer}.${name}.weight`, shape };
}

/** The weights of a layer's attention. */
export function attentionTensors(
  { width, heads, kvHeads, headSize }: ModelConfig,
  layer: number,
): Tensors<AttentionRole> {
  return {
    attnNorm: layerTensor(layer, 'attn_norm', width),
    q: layerTensor(layer, 'attn_q', heads * headSize, width),
    k: layerTensor(layer, 'attn_k', kvHeads * headSize, width),
    v: layerTensor(layer, 'attn_v', kvHeads * headSize, width),
    attnOut: layerTensor(layer, 'attn_output', width, heads * headSize),
  };
}

/** x and its attention. */
export function encodeAttention(
  { epsilon, rope, attentionScale }: ModelConfig,
  e: Encoder,
  w: Weights<AttentionRole>,
  x: Tensor,
  { layer, spans }: LayerPlace,
): Tensor {
  const h = e.rmsNorm(x, w.attnNorm, epsilon);
  const q = e.rope(e.matmul(w.q, h), spans, rope);
  const k = e.rope(e.matmul(w.k, h), spans, rope);
  const a = e.attention(q, k, e.matmul(w.v, h), spans, { layer, scale: attentionScale });
  return e.add(x, e.matmul(w.attnOut, a));
}

/** SwiGLU, Shazeer 2020, arXiv:2002.05202. */
export function encodeFeedForward(e: Encoder, w: Weights<FeedForwardRole>, g: Tensor): Tensor {
  return e.matmul(w.down, e.gated(e.matmul(w.gate, g), e.matmul(w.up, g), 'silu'));
}

/** The Llama family. */
export const llama: Architecture<LayerRole, OutputRole> = {
  name: 'llama',

  readConfig: (gguf: Gguf): ModelConfig => readTransformerConfig(gguf, 'llama', 'interleaved'),

  layerTensors(config, layer) {
    const { width, feedForwardWidth } = config;
    return {
      ...attentionTensors(config, layer),
      ffnNorm: layerTensor(layer, 'ffn_norm', width),
      gate: layerTensor(layer, 'ffn_gate', feedForwardWidth, width),
      up: layerTensor(layer, 'ffn_up', feedForwardWidth, width),
      down: layerTensor(layer, 'ffn_down', width, feedForwardWidth),
    };
  },

  outputTensors: ({ width, vocabularySize }, tied) => ({
    norm: { name: 'output_norm.weight', shape: [width] },
    output: { name: tied ? 'token_embd.weight' : 'output.weight', shape: [vocabularySize, width] },
  }),

  encodeLayer(config, e, w, x, place) {
    const y = encodeAttention(config, e, w, x, place);
    return e.add(y, encodeFeedForward(e, w, e.rmsNorm(y, w.ffnNorm, config.epsilon)));
  },

  encodeOutput: ({ epsilon }, e, w, x) => e.matmul(w.output, e.rmsNorm(x, w.norm, epsilon)),
};
