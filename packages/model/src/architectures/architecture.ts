// What an architecture is: which tensors a model of it has, and what happens to an activation on its way. One file each
// in this folder, gathered in `index.ts`.
import type { Gguf } from '@rondo/gguf';
import type { AttentionSpan, Encoder, Rope, Shape, Tensor, Weight } from '@rondo/tensor';

/** The numbers of a transformer, from its metadata. */
export interface ModelConfig {
  readonly layers: number;
  /** Values of an activation (embedding length). */
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  /** Positions that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** Of rmsNorm. */
  readonly epsilon: number;
  readonly rope: Rope;
}

/** A tensor that a model must have. */
export interface TensorSpec {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
}

/** Which tensor plays which role in a segment. */
export type Tensors<Role extends string> = Readonly<Record<Role, TensorSpec>>;

/** The same once they are loaded. */
export type Weights<Role extends string> = Readonly<Record<Role, Weight>>;

/** Where in the model, and of which sequences, the rows of an activation are. */
export interface LayerPlace {
  readonly layer: number;
  readonly spans: readonly AttentionSpan[];
}

/** One architecture: its tensors, and a layer's operations as in its paper. */
export interface Architecture<LayerRole extends string = string, OutputRole extends string = string> {
  /** As in `general.architecture`. */
  readonly name: string;
  /** @throws RondoError `BAD_CONFIG`, `UNSUPPORTED` */
  readConfig(gguf: Gguf): ModelConfig;
  layerTensors(config: ModelConfig, layer: number): Tensors<LayerRole>;
  /** `tied`: the model has no output matrix of its own and uses its embedding. */
  outputTensors(config: ModelConfig, tied: boolean): Tensors<OutputRole>;
  /** One layer over x `[tokens, width]`. */
  encodeLayer(config: ModelConfig, e: Encoder, w: Weights<LayerRole>, x: Tensor, place: LayerPlace): Tensor;
  /** Logits `[tokens, vocabulary]` of x `[tokens, width]`. */
  encodeOutput(config: ModelConfig, e: Encoder, w: Weights<OutputRole>, x: Tensor): Tensor;
}
