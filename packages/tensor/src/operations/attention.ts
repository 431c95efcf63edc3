import { RondoError } from '@rondo/errors';
import { formatOf } from '../formats/index.ts';
import { rowBytes } from '../dtype.ts';
import { checkPositions, checkSpans, kvLayerOf, type AttentionSpan, type KvCacheDType } from '../kv-cache.ts';
import { elements, mismatch, sizes } from '../shapes.ts';
import type { Tensor, Weight } from '../tensors.ts';
import { at, defineOperation } from './operation.ts';

/** The options of attention. */
export interface AttentionOptions {
  /** The layer whose keys and values in the cache are used. */
  readonly layer: number;
  /** Factor of the scores; usually 1 / sqrt(keySize). */
  readonly scale: number;
  /** Number of positions that a token sees, its own position included; undefined = all positions up to its own position. */
  readonly window?: number | undefined;
  /** Scores become `softcap * tanh(score / softcap)`; undefined = scores stay unchanged. Gemma 2, arXiv:2408.00118. */
  readonly softcap?: number | undefined;
}

/**
 * Causal attention with grouped heads. q `[tokens, heads * keySize]`, k `[tokens, kvHeads * keySize]`, v `[tokens, kvHeads *
 * valueSize]`, result `[tokens, heads * valueSize]`. Stores k and v in the caches at their positions. Then each row sees the
 * positions of its sequence up to its own position. Callers pass both k and v, or neither. Without k and v, rows see the keys
 * and values that the cache already holds for the layer: for a layer that shares the keys and values of an earlier layer.
 *
 * The weight, F32 `[heads]`, has the attention sink of each head. A sink is the score of one more position in the softmax; this
 * position has no value. Neither `scale` nor `softcap` changes the sink. Xiao et al. 2023, arXiv:2309.17453; OpenAI 2025,
 * arXiv:2508.10925.
 *
 * `shape` also throws `BAD_ARGUMENT` for a layer without keys and values, and `CONTEXT_FULL`. The cases are in
 * `conformance/attention.ts`, because they store and read in turns.
 */
export const attention = defineOperation({
  of: (
    q: Tensor,
    k: Tensor | undefined,
    v: Tensor | undefined,
    spans: readonly AttentionSpan[],
    options: AttentionOptions,
    weight?: Weight,
  ) => ({ q, k, v, spans, options, weight }),
  reads: ({ q, k, v }) => [q, ...(k ? [k] : []), ...(v ? [v] : [])],
  shape({ q, k, v, spans, options: { layer, window = Infinity }, weight }) {
    const [rows, width] = sizes(q);
    const shapes = { q: q.shape, ...(k && { k: k.shape }), ...(v && { v: v.shape }) };
    checkSpans('attention', spans, rows);
    if ((k === undefined) !== (v === undefined)) mismatch('attention with keys or values alone', shapes);
    let resultWidth = 0;
    for (const { cache, position, tokens } of spans) {
      const { heads, keySize, valueSize, keptPositions = Infinity } = kvLayerOf(cache, layer);
      const fits = (tensor: Tensor | undefined, size: number) =>
        !tensor || (sizes(tensor)[0] === rows && sizes(tensor)[1] === heads * size);
      const next = (width / keySize) * valueSize;
      const alike = resultWidth === 0 || next === resultWidth;
      if (width % (keySize * heads) !== 0 || !fits(k, keySize) || !fits(v, valueSize) || !alike)
        mismatch(`Attention with a cache of ${heads} heads of ${keySize} and ${valueSize}`, shapes);
      resultWidth = next;
      if (weight && (weight.dtype !== 'F32' || elements(weight.shape) !== width / keySize))
        mismatch(`Attention of ${width / keySize} heads with ${weight.dtype} sinks`, {
          ...shapes,
          weight: weight.shape,
        });
      checkPositions(position + tokens, cache.positions);
      const seen = Math.min(position + tokens, window + tokens - 1);
      if (seen > keptPositions) {
        throw new RondoError(
          'BAD_ARGUMENT',
          `${tokens} tokens that see a window of ${window} positions need ${seen} of them at once, but layer ${layer} keeps ${keptPositions}.`,
          { details: { layer, tokens, window, keptPositions } },
        );
      }
    }
    return [rows, resultWidth];
  },
  compute({ q, k, v, spans, options, weight }, given) {
    const { layer, scale, window = Number.POSITIVE_INFINITY, softcap } = options;
    const headsOf = (tensor: Tensor, row: number, headSize: number) => {
      const [, width] = sizes(tensor);
      return Array.from({ length: width / headSize }, (_, head) =>
        given.values(tensor).slice(row * width + head * headSize, row * width + (head + 1) * headSize),
      );
    };
    const attended: Float64Array[] = [];
    let row = 0;
    for (const { cache, position, tokens } of spans) {
      const { dtype = 'F32' } = cache;
      const { heads: kvHeads, keySize, valueSize } = kvLayerOf(cache, layer);
      const { keys, values } = given.stored(cache, layer);
      for (let i = 0; i < tokens; i++) {
        if (k) keys[position + i] = headsOf(k, row + i, keySize).map((key) => roundTo(dtype, key));
        if (v) values[position + i] = headsOf(v, row + i, valueSize).map((value) => roundTo(dtype, value));
      }
      for (let i = 0; i < tokens; i++, row++) {
        const last = position + i;
        const first = Math.max(0, last + 1 - window);
        const queries = headsOf(q, row, keySize);
        for (const [head, query] of queries.entries()) {
          const kvHead = Math.floor(head / (queries.length / kvHeads));
          const seen = (held: Float64Array[][]) =>
            held.slice(first, last + 1).map((one) => one[kvHead] ?? new Float64Array());
          const sink = weight && at(given.weight, head);
          attended.push(attend(query, seen(keys), seen(values), { scale, softcap, sink }));
        }
      }
    }
    return Float64Array.from(attended.flatMap((values) => [...values]));
  },
}).withCases([]);

/** The values after they have been stored in this type. F32 values stay in float64 here. */
function roundTo(dtype: KvCacheDType, values: Float64Array): Float64Array {
  const { quantize, dequantize } = formatOf(dtype);
  if (dtype === 'F32' || !quantize) return values;
  const blocks = new Uint8Array(rowBytes(dtype, values.length));
  const out = new Float32Array(values.length);
  quantize(Float32Array.from(values), blocks);
  dequantize(blocks, out);
  return Float64Array.from(out);
}

/** How the scores of a head become shares. */
interface HeadOptions {
  readonly scale: number;
  readonly softcap: number | undefined;
  readonly sink: number | undefined;
}

/**
 * Softmax(q · keysᵀ * scale) · values for one head. `softcap` and `sink` are optional, see `attention`. q `[keySize]`, keys
 * `[positions, keySize]`, values `[positions, valueSize]`.
 */
function attend(
  q: Float64Array,
  keys: readonly Float64Array[],
  values: readonly Float64Array[],
  { scale, softcap, sink = Number.NEGATIVE_INFINITY }: HeadOptions,
): Float64Array {
  const scores = keys.map((key) => {
    let score = 0;
    for (let i = 0; i < key.length; i++) score += (key[i] ?? Number.NaN) * (q[i] ?? Number.NaN);
    score *= scale;
    return softcap === undefined ? score : softcap * Math.tanh(score / softcap);
  });
  const largest = scores.reduce((most, score) => Math.max(most, score), sink);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, Math.exp(sink - largest));
  const out = new Float64Array(values[0]?.length ?? 0);
  for (const [position, value] of values.entries()) {
    const share = (weights[position] ?? Number.NaN) / total;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + share * (value[i] ?? Number.NaN);
  }
  return out;
}
