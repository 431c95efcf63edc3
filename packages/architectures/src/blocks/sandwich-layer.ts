// The layer of Gemma 2 and later models: each branch has a norm before and a norm after, arXiv:2408.00118.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** The tensors of the attention branch, with its two norms. */
export function sandwichedAttentionTensors(t: LayerTensors, kind: AttentionKind = {}): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...attentionTensors(t, kind),
    attnPostNorm: t.weight('post_attention_norm', width),
  };
}

/** The tensors of four norms and of attention; the architecture adds the tensors of its feed-forward network. */
export function sandwichTensors(t: LayerTensors, kind: AttentionKind = {}): Tensors {
  const { width } = t.config;
  return {
    ...sandwichedAttentionTensors(t, kind),
    ffnNorm: t.weight('ffn_norm', width),
    ffnPostNorm: t.weight('post_ffw_norm', width),
  };
}

/** x `[tokens, width]` plus the attention branch. */
export function sandwichedAttention(code: LayerCode, w: Weights, x: Tensor, kind: AttentionKind): Tensor {
  const a = attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind);
  return residual(code, x, rmsNorm(code, w, 'attnPostNorm', a));
}

/** The layer over x `[tokens, width]`. */
export function sandwichLayer(
  code: LayerCode,
  w: Weights,
  x: Tensor,
  { activation, ...kind }: AttentionKind & { readonly activation: 'silu' | 'gelu' },
): Tensor {
  const y = sandwichedAttention(code, w, x, kind);
  const f = gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), activation);
  return residual(code, y, rmsNorm(code, w, 'ffnPostNorm', f));
}
