// The first half of a layer of a hybrid model: a norm, and then either attention or a block with states of a fixed size.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { residual, rmsNorm, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** A part of a layer: its tensors, and its operations over the normalized input h `[tokens, width]`. */
export interface Block {
  tensors(t: LayerTensors): Tensors;
  encode(code: LayerCode, w: Weights, h: Tensor): Tensor;
}

/** The blocks of a hybrid model. */
export interface MixingKind {
  readonly attention: AttentionKind;
  /** The block of the recurrent layers. */
  readonly recurrent: Block;
  /** The name of the norm before the feed-forward network. Default: `ffn_norm`. */
  readonly feedForwardNorm?: string | undefined;
}

/** The tensors of the first norm, of attention or the recurrent block, and of the norm before the feed-forward network. */
export function mixingTensors(
  t: LayerTensors,
  { attention: kind, recurrent, feedForwardNorm = 'ffn_norm' }: MixingKind,
): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...(t.layer.kind === 'recurrent' ? recurrent.tensors(t) : attentionTensors(t, kind)),
    ffnNorm: t.weight(feedForwardNorm, width),
  };
}

/** x plus the result of attention, or of the recurrent block, for the normalized x. */
export function mixing(
  code: LayerCode,
  w: Weights,
  x: Tensor,
  { attention: kind, recurrent }: MixingKind,
): Tensor {
  const h = rmsNorm(code, w, 'attnNorm', x);
  const mixed = code.layer.kind === 'recurrent' ? recurrent.encode(code, w, h) : attention(code, w, h, kind);
  return residual(code, x, mixed);
}
