// The layer of OLMo 2: the norm comes after each branch, not before, arXiv:2501.00656.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward, gatedTensors } from './feed-forward.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** The tensors of attention and of a gated feed-forward network, with a norm after each. */
export function postNormTensors(t: LayerTensors, kind: AttentionKind): Tensors {
  const { width } = t.config;
  return {
    ...attentionTensors(t, kind),
    attnPostNorm: t.weight('post_attention_norm', width),
    ...gatedTensors(t),
    ffnPostNorm: t.weight('post_ffw_norm', width),
  };
}

/** The layer over x `[tokens, width]`. */
export function postNormLayer(code: LayerCode, w: Weights, x: Tensor, kind: AttentionKind): Tensor {
  const y = residual(code, x, rmsNorm(code, w, 'attnPostNorm', attention(code, w, x, kind)));
  return residual(code, y, rmsNorm(code, w, 'ffnPostNorm', gatedFeedForward(code, w, y, 'silu')));
}
