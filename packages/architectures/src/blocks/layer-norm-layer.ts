// The layer of GPT-2: layer norms, a feed-forward network without a gate, and a bias of every norm and matrix. Source: Radford
// et al. 2019, Language Models are Unsupervised Multitask Learners.
import type { Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors } from './attention.ts';
import { plainFeedForward, plainTensors } from './feed-forward.ts';
import { layerNorm, residual, type LayerCode } from './layer-code.ts';
import type { LayerTensors } from './layer-tensors.ts';

/** The tensors of the layer norms, of attention and of a feed-forward network, with their biases. */
export function layerNormTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    attnNormBias: t.bias('attn_norm', width),
    ...attentionTensors(t, { outBias: 'required' }),
    ffnNorm: t.weight('ffn_norm', width),
    ffnNormBias: t.bias('ffn_norm', width),
    ...plainTensors(t),
    upBias: t.bias('ffn_up', t.layer.feedForwardWidth),
    downBias: t.bias('ffn_down', width),
  };
}

/** The layer over x `[tokens, width]`. */
export function layerNormLayer(code: LayerCode, w: Weights, x: Tensor): Tensor {
  const y = residual(code, x, attention(code, w, layerNorm(code, w, 'attnNorm', x)));
  return residual(code, y, plainFeedForward(code, w, layerNorm(code, w, 'ffnNorm', y), 'gelu'));
}
