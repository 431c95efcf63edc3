// The layer of Llama and of most later decoders: y = x + attention(norm(x)), then y + feedForward(norm(y)). Source: Touvron et
// al. 2023, arXiv:2302.13971.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward, gatedTensors } from './feed-forward.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** The differences of a layer from Llama's layer. */
export interface PreNormKind extends AttentionKind {
  /** The name of the norm before the feed-forward network. Default: `ffn_norm`. */
  readonly feedForwardNorm?: string | undefined;
}

/** The tensors of the norms, of attention and of a gated feed-forward network. */
export function preNormTensors(t: LayerTensors, kind: PreNormKind = {}): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...attentionTensors(t, kind),
    ffnNorm: t.weight(kind.feedForwardNorm ?? 'ffn_norm', width),
    ...gatedTensors(t),
  };
}

/** The layer over x `[tokens, width]`. */
export function preNormLayer(code: LayerCode, w: Weights, x: Tensor, kind: AttentionKind = {}): Tensor {
  const y = residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind));
  return withFeedForward(code, w, y);
}

/** y `[tokens, width]` plus the result of a gated feed-forward network for the normalized y: the second half of a layer. */
export function withFeedForward(code: LayerCode, w: Weights, y: Tensor): Tensor {
  return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
}
