// The layer of Llama and of most decoders after it: x plus the attention of its norm, then that plus the feed-forward network
// of its norm. Source: Touvron et al. 2023, arXiv:2302.13971.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward, gatedTensors } from './feed-forward.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** How a layer departs from Llama's. */
export interface PreNormKind extends AttentionKind {
  /** The name of the norm before the feed-forward network. Default: `ffn_norm`. */
  readonly feedForwardNorm?: string | undefined;
}

/** Norms, attention and a gated feed-forward network. */
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
  return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
}
