// Helpers with which the blocks of a layer are encoded.
import type { AttentionSpan, Encoder, Tensor, Weight } from '@rondo/tensor';
import type {
  AttentionLayer,
  DeltaNet,
  LayerInputs,
  LayerPlace,
  LayerSpec,
  Mamba,
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

/** The numbers of a layer's Mamba-2. */
export function mambaOf(layer: LayerSpec): Mamba {
  if (layer.kind !== 'recurrent' || !layer.mamba) throw new RangeError('A layer without a Mamba-2.');
  return layer.mamba;
}

/** The number of positions that a layer's short convolution sees. */
export function convolutionWindowOf(layer: LayerSpec): number {
  if (layer.kind !== 'recurrent' || layer.convolutionWindow === undefined)
    throw new RangeError('A layer without a short convolution.');
  return layer.convolutionWindow;
}

/** The weight of a role that every file of the architecture has. */
export function required(w: Weights, role: string): Weight {
  const weight = w[role];
  if (!weight) throw new RangeError(`There is no weight "${role}".`);
  return weight;
}

/** `weight · x`, multiplied by the scale and plus the bias of the role, if the file has a scale or a bias. */
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

/** The RMS norm of a role. If its weight is shorter than a row of x, each group of values is normalized on its own. */
export function rmsNorm(
  { e, config }: Pick<LayerCode, 'e' | 'config'>,
  w: Weights,
  role: string,
  x: Tensor,
): Tensor {
  return e.rmsNorm(x, required(w, role), config.epsilon);
}

/** The layer norm of a role, plus the bias of the role if the file has a bias. */
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

/** x plus the result of a branch of the layer, multiplied by `residualScale`. */
export function residual({ e, config }: LayerCode, x: Tensor, branch: Tensor): Tensor {
  return e.add(x, config.residualScale === 1 ? branch : e.scale(branch, config.residualScale));
}
