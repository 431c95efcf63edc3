// Grouped-query attention with rotary positions. Source: Ainslie et al. 2023, arXiv:2305.13245; Su et al. 2021,
// arXiv:2104.09864.
import type { Encoder, Tensor } from '@rondo/tensor';
import type { LayerPlace, ModelConfig, Tensors, Weights } from '../architecture.ts';
import { layerTensor } from './layer-tensor.ts';

/** The weights of an attention block. */
export type AttentionRole = 'attnNorm' | 'q' | 'k' | 'v' | 'attnOut';

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
