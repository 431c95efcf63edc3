// Experts in place of a feed-forward network: a router scores the experts for each token, and the experts with the best scores
// are used. Source: Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088.
import type { Tensor } from '@rondo/tensor';
import type { ExpertLayers, Tensors, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { linear, required, residual, rmsNorm, type LayerCode } from './layer-code.ts';
import { layerTensors, part, type LayerTensors } from './layer-tensors.ts';

/** The tensors of a layer beside its experts: the norms, attention, and the router. */
export function mixtureTensors(t: LayerTensors, kind: AttentionKind): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...attentionTensors(t, kind),
    ffnNorm: t.weight('ffn_norm', width),
    ...routerTensors(t),
  };
}

/** The tensor of the router. */
export function routerTensors(t: LayerTensors): Tensors {
  return { router: t.weight('ffn_gate_inp', t.config.experts, t.config.width) };
}

/** The layer over x `[tokens, width]`, up to its experts. */
export function mixtureLayer(code: LayerCode, w: Weights, x: Tensor, kind: AttentionKind): Tensor {
  return residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind));
}

/** The tensors of gated experts. With `mayJoin`, a file may join gate and up in one matrix, the gate's rows first. */
export function expertTensors(t: LayerTensors, { mayJoin = false } = {}): Tensors {
  const { experts, width } = t.config;
  const { feedForwardWidth, expertWidth: rows = feedForwardWidth } = t.layer;
  const down = t.weight('ffn_down_exps', experts, width, rows);
  if (mayJoin && t.has('ffn_gate_up_exps')) {
    const joined = t.weight('ffn_gate_up_exps', experts, rows, width);
    return { gate: part(joined, 0, 2 * rows), up: part(joined, rows, 2 * rows), down };
  }
  return {
    gate: t.weight('ffn_gate_exps', experts, rows, width),
    up: t.weight('ffn_up_exps', experts, rows, width),
    down,
  };
}

/** The biases of gated experts: for each matrix of an expert one row. */
export function expertBiases(t: LayerTensors): Tensors {
  const { experts, width } = t.config;
  const { feedForwardWidth } = t.layer;
  return {
    gateBias: t.named('ffn_gate_exps.bias', experts, feedForwardWidth),
    upBias: t.named('ffn_up_exps.bias', experts, feedForwardWidth),
    downBias: t.named('ffn_down_exps.bias', experts, width),
  };
}

/** Gated experts with SiLU. The shares are the softmax over the scores of the chosen experts. */
export const gatedExperts: ExpertLayers = {
  tensors: (config, index, file) => expertTensors(layerTensors(config, index, file)),
  encodeRouter(config, e, w, y) {
    const input = rmsNorm({ e, config }, w, 'ffnNorm', y);
    return { input, scores: e.matmul(required(w, 'router'), input) };
  },
  encodeExpert: (e, w, input, scales) => gatedFeedForward({ e, scales }, w, input, 'silu'),
};

/** The tensors of the shared expert, which all tokens use, and of its gate, which has one value per token. */
export function sharedExpertTensors(t: LayerTensors): Tensors {
  const { width, sharedExpertWidth: sharedWidth = 0 } = t.config;
  return {
    sharedGate: t.weight('ffn_gate_shexp', sharedWidth, width),
    sharedUp: t.weight('ffn_up_shexp', sharedWidth, width),
    sharedDown: t.weight('ffn_down_shexp', width, sharedWidth),
    sharedShare: t.weight('ffn_gate_inp_shexp', 1, width),
  };
}

/**
 * Gated experts beside a shared expert, which all tokens use and whose result is multiplied by the sigmoid of its gate. A file
 * may join gate and up of an expert in one matrix, the gate's rows first. Source: Qwen1.5-MoE, 2024; DeepSeekMoE, Dai et al.
 * 2024, arXiv:2401.06066.
 */
export const gatedExpertsBesideShared: ExpertLayers = {
  tensors: (config, index, file) => expertTensors(layerTensors(config, index, file), { mayJoin: true }),
  encodeRouter(config, e, w, y) {
    const { input, scores } = gatedExperts.encodeRouter(config, e, w, y);
    const hidden = e.gated(
      linear({ e, scales: {} }, w, 'sharedGate', input),
      linear({ e, scales: {} }, w, 'sharedUp', input),
      'silu',
    );
    const shared = e.gated(
      linear({ e, scales: {} }, w, 'sharedShare', input),
      linear({ e, scales: {} }, w, 'sharedDown', hidden),
      'sigmoid',
    );
    return { input, scores, sum: e.add(y, shared) };
  },
  encodeExpert: gatedExperts.encodeExpert,
};
