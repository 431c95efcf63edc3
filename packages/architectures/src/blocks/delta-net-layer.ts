// The first half of a layer of Qwen3-Next and Qwen3.5: a norm, then a gated delta net or attention with a gated output.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

const kind: AttentionKind = { normalized: 'heads', gated: true };

/** The delta net of an architecture. */
export interface DeltaNetBlock {
  tensors(t: LayerTensors): Tensors;
  /** The result of the net for h `[tokens, width]`. */
  encode(code: LayerCode, w: Weights, h: Tensor): Tensor;
}

/** The tensors of the first norm, of the delta net or attention, and of the norm before the feed-forward network. */
export function mixingTensors(t: LayerTensors, net: DeltaNetBlock): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...(t.layer.kind === 'recurrent' ? net.tensors(t) : attentionTensors(t, kind)),
    ffnNorm: t.weight('post_attention_norm', width),
  };
}

/** x plus the result of the delta net or attention for the normalized x. */
export function mixing(code: LayerCode, w: Weights, x: Tensor, net: DeltaNetBlock): Tensor {
  const h = rmsNorm(code, w, 'attnNorm', x);
  const mixed = code.layer.kind === 'recurrent' ? net.encode(code, w, h) : attention(code, w, h, kind);
  return residual(code, x, mixed);
}
