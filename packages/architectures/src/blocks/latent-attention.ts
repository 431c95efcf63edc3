// Multi-head latent attention: DeepSeek-AI 2024, arXiv:2405.04434. The cache holds latent vectors. Keys and values are never
// made from them: the matrix of keys multiplies the queries, and the matrix of values multiplies the results ("absorbed").
import type { Tensor } from '@rondo/tensor';
import type { LatentAttention, Tensors, Weights } from '../architecture.ts';
import { attentionOf, linear, required, rmsNorm, type LayerCode } from './layer-code.ts';
import { reshaped, type LayerTensors } from './layer-tensors.ts';

/** The numbers of a layer's latent attention. */
function latentOf(layer: LayerCode['layer']): LatentAttention & { readonly heads: number } {
  const { latent, heads } = attentionOf(layer);
  if (!latent) throw new RangeError('A layer without latent attention.');
  return { ...latent, heads };
}

/** The tensors of latent attention, in the order of their use. */
export function latentAttentionTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  const { heads, queryRank, rank, plainSize, rotatedSize, headValueSize } = latentOf(t.layer);
  const queries = heads * (plainSize + rotatedSize);
  return {
    ...(queryRank === undefined
      ? { q: t.weight('attn_q', queries, width) }
      : {
          queryLatent: t.weight('attn_q_a', queryRank, width),
          queryNorm: t.weight('attn_q_a_norm', queryRank),
          q: t.weight('attn_q_b', queries, queryRank),
        }),
    keys: reshaped(t.weight('attn_k_b', heads, rank, plainSize), heads * rank, plainSize),
    latent: t.weight('attn_kv_a_mqa', rank + rotatedSize, width),
    latentNorm: t.weight('attn_kv_a_norm', rank),
    values: reshaped(t.weight('attn_v_b', heads, headValueSize, rank), heads * headValueSize, rank),
    attnOut: t.weight('attn_output', width, heads * headValueSize),
  };
}

/** Latent attention over the normalized input h `[tokens, width]`. */
export function latentAttention(code: LayerCode, w: Weights, h: Tensor): Tensor {
  const { e, index, spans } = code;
  const { rope, attentionScale: scale } = attentionOf(code.layer);
  const { heads, rank, plainSize, rotatedSize } = latentOf(code.layer);
  const rotated = (x: Tensor) => (rope ? e.rope(x, spans, rope) : x);

  const source = w['queryLatent'] ? rmsNorm(code, w, 'queryNorm', linear(code, w, 'queryLatent', h)) : h;
  const queries = linear(code, w, 'q', source);
  const ofQueries = (start: number, count: number) =>
    e.columns(queries, { group: plainSize + rotatedSize, start, count });
  const absorbed = e.groupedMatmul(required(w, 'keys'), ofQueries(0, plainSize), heads);
  const q = e.joinColumns(absorbed, rotated(ofQueries(plainSize, rotatedSize)), heads);

  const product = linear(code, w, 'latent', h);
  const ofProduct = (start: number, count: number) =>
    e.columns(product, { group: rank + rotatedSize, start, count });
  const latent = rmsNorm(code, w, 'latentNorm', ofProduct(0, rank));
  const k = e.joinColumns(latent, rotated(ofProduct(rank, rotatedSize)), 1);

  const attended = e.attention(q, k, latent, spans, { layer: index, scale });
  return linear(code, w, 'attnOut', e.groupedMatmul(required(w, 'values'), attended, heads));
}
