// Experts in place of a feed-forward network: a router scores the experts for each token, and the experts with the best scores
// are used. Source: Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088.
import type { Tensor } from '@rondo/tensor';
import type { ExpertLayers, Tensors, TensorSpec, Weights } from '../architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './attention.ts';
import { gatedFeedForward } from './feed-forward.ts';
import { linear, required, residual, rmsNorm, type LayerCode } from './layer-code.ts';
import { layerTensors, onHost, part, type LayerTensors } from './layer-tensors.ts';
import type { PreNormKind } from './pre-norm-layer.ts';

/** The differences of a layer with experts from Mixtral's layer. */
export interface MixtureKind extends PreNormKind {
  /** The choice of experts may have a bias, or must have a bias. Default: a file with such a bias is refused. */
  readonly routerBias?: 'optional' | 'required' | undefined;
}

/** The tensors of a layer beside its experts: the norms, attention, and the router. */
export function mixtureTensors(t: LayerTensors, kind: MixtureKind): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...attentionTensors(t, kind),
    ffnNorm: t.weight(kind.feedForwardNorm ?? 'ffn_norm', width),
    ...routerTensors(t, kind),
  };
}

/** The tensors of the router: its matrix, and the bias of the choice. */
export function routerTensors(
  t: LayerTensors,
  { routerBias }: Pick<MixtureKind, 'routerBias'> = {},
): Tensors {
  const { experts, width } = t.config;
  const bias = onHost(t.bias('exp_probs_b', experts));
  return {
    router: t.weight('ffn_gate_inp', experts, width),
    ...(routerBias === 'required' && { routerBias: bias }),
    ...(routerBias === 'optional' && t.optional('routerBias', bias)),
  };
}

/** The layer over x `[tokens, width]`, up to its experts. */
export function mixtureLayer(code: LayerCode, w: Weights, x: Tensor, kind: AttentionKind): Tensor {
  return residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind));
}

/** The tensors of gated experts. With `mayJoin`, a file may join gate and up in one matrix, the gate's rows first. */
export function expertTensors(t: LayerTensors, { mayJoin = false } = {}): Tensors {
  const { experts, width } = t.config;
  const { feedForwardWidth, expertWidth: rows = feedForwardWidth } = t.layer;
  const down = stack(t, 'ffn_down', width, rows);
  if (mayJoin && t.has('ffn_gate_up_exps')) {
    const joined = t.weight('ffn_gate_up_exps', experts, rows, width);
    return { gate: part(joined, 0, 2 * rows), up: part(joined, rows, 2 * rows), down };
  }
  return {
    gate: stack(t, 'ffn_gate', rows, width),
    up: stack(t, 'ffn_up', rows, width),
    down,
  };
}

/** A matrix per expert: one tensor `[experts, rows, width]`, or, in files before April 2024, one tensor for each expert. */
function stack(t: LayerTensors, name: string, rows: number, width: number): TensorSpec {
  const { experts } = t.config;
  const spec = t.weight(`${name}_exps`, experts, rows, width);
  if (!t.has(`${name}.0`)) return spec;
  const names = Array.from({ length: experts }, (_, expert) => t.weight(`${name}.${expert}`).name);
  return { ...spec, expertNames: names };
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

/** Gated experts with SiLU. */
export const gatedExperts: ExpertLayers = {
  tensors: (config, index, file) => expertTensors(layerTensors(config, index, file)),
  encodeRouter(config, e, w, y) {
    const input = rmsNorm({ e, config }, w, 'ffnNorm', y);
    return { input, scores: e.matmul(required(w, 'router'), input) };
  },
  encodeExpert: (e, w, input, scales) => gatedFeedForward({ e, scales }, w, input, 'silu'),
};

/** The tensors of the shared expert, which all tokens use; none if the model has no shared expert. */
export function sharedExpertTensors(t: LayerTensors): Tensors {
  const { width, sharedExpertWidth: sharedWidth } = t.config;
  if (sharedWidth === undefined) return {};
  return {
    sharedGate: t.weight('ffn_gate_shexp', sharedWidth, width),
    sharedUp: t.weight('ffn_up_shexp', sharedWidth, width),
    sharedDown: t.weight('ffn_down_shexp', width, sharedWidth),
  };
}

/** The tensors of the shared expert, and of its gate, which has one value per token. */
export function gatedSharedExpertTensors(t: LayerTensors): Tensors {
  return { ...sharedExpertTensors(t), sharedShare: t.weight('ffn_gate_inp_shexp', 1, t.config.width) };
}

/**
 * Gated experts beside a shared expert, which all tokens use. If the shared expert has a gate, its result is multiplied by the
 * sigmoid of the gate. With `mayJoin`, a file may join gate and up of an expert in one matrix, the gate's rows first. Source:
 * DeepSeekMoE, Dai et al. 2024, arXiv:2401.06066; Qwen1.5-MoE, 2024.
 */
export const expertsBesideShared = ({ mayJoin = false } = {}): ExpertLayers => ({
  tensors: (config, index, file) => expertTensors(layerTensors(config, index, file), { mayJoin }),
  encodeRouter(config, e, w, y) {
    const routed = gatedExperts.encodeRouter(config, e, w, y);
    if (!w['sharedDown']) return routed;
    const product = (role: string, x: Tensor) => linear({ e, scales: {} }, w, role, x);
    const { input } = routed;
    const hidden = e.gated(product('sharedGate', input), product('sharedUp', input), 'silu');
    const result = product('sharedDown', hidden);
    const shared = w['sharedShare'] ? e.gated(product('sharedShare', input), result, 'sigmoid') : result;
    const { residualScale: scale } = config;
    return { ...routed, sum: e.add(y, scale === 1 ? shared : e.scale(shared, scale)) };
  },
  encodeExpert: gatedExperts.encodeExpert,
});
