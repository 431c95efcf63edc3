// Encodes a pass: the only place that defines the operations of a layer, its router, its experts and the output head. The pass
// runner submits the encoded operations; the division of the memory measures them; the check of weights only encodes them.
import {
  expertScalesOf,
  expertsOfLayer,
  mtpLayerOf,
  type Architecture,
  type LayerPlace,
  type ModelConfig,
  type Weights,
} from '@rondo/architectures';
import type { Backend, Encoder, KvCacheDType, PersistentTensor, Tensor } from '@rondo/tensor';
import { kvCacheShape } from '../states/kv-cache-shape.ts';
import { createBatchInputs } from './layer-inputs.ts';
import type { ChosenExpert } from '../weights/read-order.ts';

/** The model to encode: an architecture with the numbers of a model. */
export interface EncodedModel {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
}

/** A layer up to its experts. */
export interface EncodedLayer {
  /** `[tokens, width]`: the result of the layer, or the sum to which the results of its experts are added. */
  readonly y: Tensor;
  /** If the layer has experts: their input `[tokens, width]`, and the scores of the experts `[tokens, experts]`. */
  readonly routed: { readonly input: Tensor; readonly scores: Tensor } | undefined;
}

/** Encodes a layer over x `[tokens, width]`, or the MTP block over pairs `[tokens, 2 * width]`, up to its experts. */
export function encodeLayer(
  { architecture, config }: EncodedModel,
  e: Encoder,
  w: Weights<string>,
  x: Tensor,
  place: LayerPlace,
): EncodedLayer {
  const y = architecture.encodeLayer(config, e, w, x, place);
  const routed = expertsOfLayer(architecture, config, place.layer)?.encodeRouter(config, e, w, y);
  return { y: routed?.sum ?? y, routed };
}

/** The experts that some rows chose, and the weights of these experts and of the parts around them. */
export interface ChosenExperts {
  readonly chosen: readonly ChosenExpert[];
  /** The weights of the experts, in the order of `chosen`: the order in which the experts are computed. */
  readonly weights: readonly Weights<string>[];
  /** The weights of the parts before the experts and after them. */
  readonly around: Weights<string>;
}

/**
 * Encodes the chosen experts of a layer over y `[tokens, width]`; each expert takes its rows of `input`. The results are added in
 * the ascending order of the experts, in whatever order the experts are computed, so that the sum has the same bits.
 */
export function encodeExperts(
  { architecture: { experts }, config }: EncodedModel,
  e: Encoder,
  { y, input }: { readonly y: Tensor; readonly input: Tensor },
  place: LayerPlace,
  { chosen, weights, around }: ChosenExperts,
): Tensor {
  const layer = config.layers[place.layer];
  if (!experts || !layer) throw new RangeError('A layer without experts.');
  const resultScales = experts.resultScales?.(layer);

  const resultOf = ({ expert, rows }: ChosenExpert, index: number) => {
    const own = expertScalesOf(layer.values, expert);
    return experts.encodeExpert(e, weights[index] ?? {}, e.getRows(input, rows), own);
  };
  const add = (sum: Tensor, { expert, rows, scales }: ChosenExpert, result: Tensor) => {
    const factor = resultScales?.[expert] ?? 1;
    return e.scatterAdd(sum, result, rows, factor === 1 ? scales : scales.map((scale) => scale * factor));
  };
  const addedTo = (start: Tensor) => {
    const isAscending = chosen.every(({ expert }, index) => expert > (chosen[index - 1]?.expert ?? -1));
    if (isAscending) return chosen.reduce((sum, one, index) => add(sum, one, resultOf(one, index)), start);
    const computed = chosen.map((one, index) => ({ one, result: resultOf(one, index) }));
    return computed
      .toSorted((a, b) => a.one.expert - b.one.expert)
      .reduce((sum, { one, result }) => add(sum, one, result), start);
  };
  if (!experts.around) return addedTo(y);
  return experts.around.encode(config, e, around, y, place, () => addedTo(e.scale(y, 0)));
}

/** Encodes the logits `[rows, vocabulary]` of these rows of `hidden`. `isNormal`: the rows have been normalized already. */
export function encodeLogits(
  { architecture, config }: EncodedModel,
  e: Encoder,
  w: Weights<string>,
  hidden: PersistentTensor,
  rows: readonly number[],
  isNormal = false,
): Tensor {
  return architecture.encodeOutput(config, e, w, e.getRows(hidden, rows), isNormal);
}

/** Encodes the parts of a pass of one token, which is never submitted. */
export interface PassRehearsal {
  /** A layer up to its experts, by its index. */
  layer(e: Encoder, w: Weights<string>, layer: number): void;
  /** Experts of a layer, all chosen by the token, and the parts around them. */
  experts(e: Encoder, weights: readonly Weights<string>[], around: Weights<string>, layer: number): void;
  /** The output head. */
  output(e: Encoder, w: Weights<string>): void;
}

/**
 * Calls `use` with a rehearsal, and returns its result. The tensors and the cache of the rehearsal exist only during this call.
 */
export function rehearsePass<T>(
  model: EncodedModel,
  backend: Backend,
  kvCacheDtype: KvCacheDType,
  use: (rehearsal: PassRehearsal) => T,
): T {
  const { width } = model.config;
  const hidden = backend.tensor([1, width]);
  const mtpLayer = mtpLayerOf(model.config);
  const pair = mtpLayer === undefined ? undefined : backend.tensor([1, 2 * width]);
  const inputs = createBatchInputs(model.config, backend, 1);
  const cache = backend.kvCache(
    kvCacheShape(model.config, { capacity: 1, dtype: kvCacheDtype, batchTokens: 1, stateSlots: 1 }),
  );
  const spans = [{ cache, position: 0, tokens: 1 }];
  const placeOf = (e: Encoder, layer: number) => ({ layer, spans, inputs: inputs?.of(layer, e, 1) });
  try {
    return use({
      layer(e, w, layer) {
        const x = layer === mtpLayer ? (pair ?? hidden) : hidden;
        encodeLayer(model, e, w, x, placeOf(e, layer));
      },
      experts(e, weights, around, layer) {
        const chosen = weights.map((_, expert) => ({ expert, rows: [0], scales: [1] }));
        const rows = { y: hidden, input: hidden };
        encodeExperts(model, e, rows, placeOf(e, layer), { chosen, weights, around });
      },
      output(e, w) {
        encodeLogits(model, e, w, hidden, [0]);
      },
    });
  } finally {
    hidden.free();
    pair?.free();
    inputs?.free();
    cache.free();
  }
}
