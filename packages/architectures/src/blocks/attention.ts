// Grouped-query attention with rotary positions. Source: Ainslie et al. 2023, arXiv:2305.13245; Su et al. 2021,
// arXiv:2104.09864.
import type { Rope, Tensor } from '@rondo/tensor';
import type { Tensors, Weights } from '../architecture.ts';
import { attentionOf, linear, rmsNorm, type LayerCode } from './layer-code.ts';
import { part, type LayerTensors } from './layer-tensors.ts';

/** The differences of an architecture's attention from Llama's attention. */
export interface AttentionKind {
  /** Queries and keys are normalized: each head on its own, or all heads together. Default: no norm. */
  readonly normalized?: 'heads' | 'width' | undefined;
  /** Queries and keys are normalized after the rotation. Default: before the rotation. */
  readonly normalizedLast?: boolean | undefined;
  /** Values are normalized, each head on its own, by a norm without a weight. Default: no norm. */
  readonly valuesNormalized?: boolean | undefined;
  /** A layer without a matrix of values uses its keys, before their norm, as values. Default: such a file is refused. */
  readonly keysAsValues?: boolean | undefined;
  /**
   * Each head of q is followed by a gate of the same size. The sigmoid of the gate multiplies the result of the head. Source:
   * Qiu et al. 2025, arXiv:2505.06708.
   */
  readonly gated?: boolean | undefined;
  /**
   * Each head has a sink, a score that takes a share of the softmax and gives no value. Source: Xiao et al. 2023,
   * arXiv:2309.17453.
   */
  readonly sinks?: boolean | undefined;
  /** The output matrix may have a bias, or must have a bias. Default: a file with such a bias is refused. */
  readonly outBias?: 'optional' | 'required' | undefined;
}

/**
 * The tensors of a layer's attention: q, k and v as three tensors or joined in one tensor `attn_qkv`, each with its bias if
 * the file has the bias. A layer that uses the keys and values of another layer has no k and v.
 */
export function attentionTensors(t: LayerTensors, kind: AttentionKind = {}): Tensors {
  const { normalized, outBias, gated, sinks } = kind;
  const { width } = t.config;
  const { heads, kvHeads, keySize, valueSize, sharesLayer } = attentionOf(t.layer);
  const sizes = { q: heads * keySize, k: kvHeads * keySize, v: kvHeads * valueSize };
  return {
    ...projections(t, { ...sizes, ...(gated && { q: 2 * sizes.q }) }, sharesLayer === undefined, kind),
    attnOut: t.weight('attn_output', width, heads * valueSize),
    ...(sinks && { sinks: t.weight('attn_sinks', heads) }),
    ...(outBias === 'required' && { attnOutBias: t.bias('attn_output', width) }),
    ...(outBias === 'optional' && t.optional('attnOutBias', t.bias('attn_output', width))),
    ...(normalized && { qNorm: t.weight('attn_q_norm', normalized === 'heads' ? keySize : sizes.q) }),
    ...(normalized &&
      sharesLayer === undefined && {
        kNorm: t.weight('attn_k_norm', normalized === 'heads' ? keySize : sizes.k),
      }),
  };
}

function projections(
  t: LayerTensors,
  { q, k, v }: Readonly<Record<'q' | 'k' | 'v', number>>,
  hasOwnKeys: boolean,
  { keysAsValues = false }: AttentionKind,
): Tensors {
  const { width } = t.config;
  if (!hasOwnKeys) return { q: t.weight('attn_q', q, width), ...t.optional('qBias', t.bias('attn_q', q)) };
  const biases = {
    ...t.optional('qBias', t.bias('attn_q', q)),
    ...t.optional('kBias', t.bias('attn_k', k)),
    ...t.optional('vBias', t.bias('attn_v', v)),
  };
  if (!t.has('attn_qkv')) {
    return {
      q: t.weight('attn_q', q, width),
      k: t.weight('attn_k', k, width),
      ...((!keysAsValues || t.has('attn_v')) && { v: t.weight('attn_v', v, width) }),
      ...biases,
    };
  }
  const all = q + k + v;
  return {
    q: part(t.weight('attn_qkv', q, width), 0, all),
    k: part(t.weight('attn_qkv', k, width), q, all),
    v: part(t.weight('attn_qkv', v, width), q + k, all),
    ...biases,
    ...t.optional('qBias', part(t.bias('attn_qkv', q), 0, all)),
    ...t.optional('kBias', part(t.bias('attn_qkv', k), q, all)),
    ...t.optional('vBias', part(t.bias('attn_qkv', v), q + k, all)),
  };
}

/** The attention of a layer over the normalized input h `[tokens, width]`. */
export function attention(
  code: LayerCode,
  w: Weights,
  h: Tensor,
  { normalized, normalizedLast = false, valuesNormalized = false, gated = false }: AttentionKind = {},
): Tensor {
  const { e, config, index, spans } = code;
  const layer = attentionOf(code.layer);
  const { rope, queryRope = rope, attentionScale: scale, window, sharesLayer, keySize, valueSize } = layer;
  const normalize = (role: string, x: Tensor, last: boolean) =>
    normalized && last === normalizedLast ? rmsNorm(code, w, role, x) : x;
  /** Queries or keys, normalized and rotated. */
  const heads = (role: 'q' | 'k', product: Tensor, rotation: Rope | undefined) => {
    const x = normalize(`${role}Norm`, product, false);
    return normalize(`${role}Norm`, rotation ? e.rope(x, spans, rotation) : x, true);
  };
  const queries = linear(code, w, 'q', h);
  const half = (start: number) => e.columns(queries, { group: 2 * keySize, start, count: keySize });
  const q = heads('q', gated ? half(0) : queries, queryRope);
  let k: Tensor | undefined;
  let v: Tensor | undefined;
  if (sharesLayer === undefined) {
    const product = linear(code, w, 'k', h);
    k = heads('k', product, rope);
    v = w['v'] ? linear(code, w, 'v', h) : product;
    if (valuesNormalized) v = e.rmsNorm(v, undefined, config.epsilon, valueSize);
  }
  const options = { layer: sharesLayer ?? index, scale, window, softcap: config.attentionSoftcap };
  const attended = e.attention(q, k, v, spans, options, w['sinks']);
  return linear(code, w, 'attnOut', gated ? e.gated(half(keySize), attended, 'sigmoid') : attended);
}
