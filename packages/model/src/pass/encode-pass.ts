// How a pass is encoded: the one place that says which operations a layer, its router, its experts and the output head are.
// The pass runner submits what is encoded; the division of the memory measures it; the check of weights only encodes it.
import type { Architecture, LayerPlace, ModelConfig, Weights } from '@rondo/architectures';
import type { Backend, Encoder, KvCacheDType, PersistentTensor, Tensor } from '@rondo/tensor';
import { kvCacheShape } from '../states/kv-cache-shape.ts';
import type { ChosenExpert } from '../weights/read-order.ts';

/** What is encoded: an architecture with the numbers of a model. */
export interface EncodedModel {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
}

/** A layer up to its experts. */
export interface EncodedLayer {
  /** `[tokens, width]`: what the layer gives, or what the results of its experts are added to. */
  readonly y: Tensor;
  /** Where the layer has experts: their input `[tokens, width]`, and the best scores and who has them, as `Encoder.topK` gives them. */
  readonly routed: { readonly input: Tensor; readonly choice: Tensor } | undefined;
}

/** A layer over x `[tokens, width]`, up to its experts. */
export function encodeLayer(
  { architecture, config }: EncodedModel,
  e: Encoder,
  w: Weights<string>,
  x: Tensor,
  place: LayerPlace,
): EncodedLayer {
  const y = architecture.encodeLayer(config, e, w, x, place);
  const routed = architecture.experts?.encodeRouter(config, e, w, y);
  return {
    y: routed?.sum ?? y,
    routed: routed && { input: routed.input, choice: e.topK(routed.scores, config.expertsUsed) },
  };
}

/** y `[tokens, width]` and what the chosen experts, whose weights are given in the same order, make of their rows of `input`. */
export function encodeExperts(
  { architecture: { experts } }: EncodedModel,
  e: Encoder,
  y: Tensor,
  input: Tensor,
  chosen: readonly ChosenExpert[],
  weights: readonly Weights<string>[],
): Tensor {
  if (!experts) throw new RangeError('An architecture without experts.');
  let sum = y;
  for (const [index, { rows, scales }] of chosen.entries()) {
    const result = experts.encodeExpert(e, weights[index] ?? {}, e.getRows(input, rows));
    sum = e.scatterAdd(sum, result, rows, scales);
  }
  return sum;
}

/** Logits `[rows, vocabulary]` of these rows of `hidden`. */
export function encodeLogits(
  { architecture, config }: EncodedModel,
  e: Encoder,
  w: Weights<string>,
  hidden: PersistentTensor,
  rows: readonly number[],
): Tensor {
  return architecture.encodeOutput(config, e, w, e.getRows(hidden, rows));
}

/** Encodes the parts of a pass of one token, which is never submitted. */
export interface PassRehearsal {
  /** A layer up to its experts, by its index. */
  layer(e: Encoder, w: Weights<string>, layer: number): void;
  /** Experts of a layer, all chosen by the token. */
  experts(e: Encoder, weights: readonly Weights<string>[]): void;
  /** The output head. */
  output(e: Encoder, w: Weights<string>): void;
}

/** What `use` makes of a rehearsal. The tensors and the cache that a rehearsal needs are there meanwhile. */
export function rehearsePass<T>(
  model: EncodedModel,
  backend: Backend,
  kvCacheDtype: KvCacheDType,
  use: (rehearsal: PassRehearsal) => T,
): T {
  const hidden = backend.tensor([1, model.config.width]);
  const cache = backend.kvCache(
    kvCacheShape(model.config, { capacity: 1, dtype: kvCacheDtype, batchTokens: 1, stateSlots: 1 }),
  );
  const spans = [{ cache, position: 0, tokens: 1 }];
  try {
    return use({
      layer(e, w, layer) {
        encodeLayer(model, e, w, hidden, { layer, spans });
      },
      experts(e, weights) {
        const chosen = weights.map((_, expert) => ({ expert, rows: [0], scales: [1] }));
        encodeExperts(model, e, hidden, hidden, chosen, weights);
      },
      output(e, w) {
        encodeLogits(model, e, w, hidden, [0]);
      },
    });
  } finally {
    hidden.free();
    cache.free();
  }
}
