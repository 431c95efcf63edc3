// What the blocks of a layer are encoded with.
import type { AttentionSpan, Encoder, Tensor, Weight } from '@rondo/tensor';
import type {
  AttentionLayer,
  DeltaNet,
  LayerInputs,
  LayerPlace,
  LayerSpec,
  ModelConfig,
  Weights,
} from '../architecture.ts';
import { scalesOf, type Scales } from '../matrix-scales.ts';

/** A layer that is being encoded: the encoder, and the numbers that its blocks need. */
export interface LayerCode {
  readonly e: Encoder;
  readonly config: ModelConfig;
  readonly layer: LayerSpec;
  readonly index: number;
  readonly spans: readonly AttentionSpan[];
  readonly inputs?: LayerInputs | undefined;
  readonly scales: Scales;
}

/** The layer at `place`. */
export function layerCode(
  config: ModelConfig,
  e: Encoder,
  { layer: index, spans, inputs }: LayerPlace,
): LayerCode {
  const layer = config.layers[index];
  if (!layer) throw new RangeError(`There is no layer ${index}.`);
  return { e, config, layer, index, spans, inputs, scales: scalesOf(layer.values) };
}

/** The numbers of a layer's attention. */
export function attentionOf(layer: LayerSpec): AttentionLayer {
  if (layer.kind !== 'attention') throw new RangeError('A layer without attention.');
  return layer;
}

/** The numbers of a layer's gated delta net. */
export function deltaNetOf(layer: LayerSpec): DeltaNet {
  if (layer.kind !== 'recurrent' || !layer.deltaNet) throw new RangeError('A layer without a delta net.');
  return layer.deltaNet;
}

/** The weight in a role that every file of the architecture fills. */
export function required(w: Weights, role: string): Weight {
  const weight = w[role];
  if (!weight) throw new RangeError(`There is no weight "${role}".`);
  return weight;
}

/** `weight · x`, times the scale and plus the bias of the role if the file has any. */
export function linear(
  { e, scales }: Pick<LayerCode, 'e' | 'scales'>,
  w: Weights,
  role: string,
  x: Tensor,
): Tensor {
  const bias = w[`${role}Bias`];
  const scale = scales[`${role}Scale`];
  const product = e.matmul(required(w, role), x);
  const scaled = scale === undefined ? product : e.scale(product, scale);
  return bias ? e.addRow(scaled, bias) : scaled;
}

/** The RMS norm of a role; of each group of values where its weight is shorter than x is wide. */
export function rmsNorm(
  { e, config }: Pick<LayerCode, 'e' | 'config'>,
  w: Weights,
  role: string,
  x: Tensor,
): Tensor {
  return e.rmsNorm(x, required(w, role), config.epsilon);
}

/** The layer norm of a role, plus its bias where the file has one. */
export function layerNorm(
  { e, config }: Pick<LayerCode, 'e' | 'config'>,
  w: Weights,
  role: string,
  x: Tensor,
): Tensor {
  const normal = e.layerNorm(x, required(w, role), config.epsilon);
  const bias = w[`${role}Bias`];
  return bias ? e.addRow(normal, bias) : normal;
}

/** x plus what a branch of the layer makes of it. */
export function residual({ e, config }: LayerCode, x: Tensor, branch: Tensor): Tensor {
  return e.add(x, config.residualScale === 1 ? branch : e.scale(branch, config.residualScale));
}
