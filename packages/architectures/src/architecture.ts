// What an architecture is: which tensors a model of it has, and what happens to an activation on its way. One file each
// in this folder, gathered in `registry.ts`.
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
  /** Of each expert, where there are any. */
  readonly feedForwardWidth: number;
  /** Feed-forward networks of a layer among which its router chooses; 0 = it has one, and no router. */
  readonly experts: number;
  /** How many of them each token uses. */
  readonly expertsUsed: number;
  /** Positions that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** Of rmsNorm. */
  readonly epsilon: number;
  readonly rope: Rope;
  /** What products of queries and keys are multiplied with. */
  readonly attentionScale: number;
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

/** What an architecture with experts does in place of a feed-forward network of which every token makes use. */
export interface ExpertLayers<LayerRole extends string = string, ExpertRole extends string = string> {
  /** The experts of a layer, each role's in one tensor `[experts, out, in]`. */
  tensors(config: ModelConfig, layer: number): Tensors<ExpertRole>;
  /**
   * Of y `[tokens, width]`, which `encodeLayer` gave: the input of the experts `[tokens, width]`, and their scores
   * `[tokens, experts]`.
   */
  encodeRouter(
    config: ModelConfig,
    e: Encoder,
    w: Weights<LayerRole>,
    y: Tensor,
  ): { readonly input: Tensor; readonly scores: Tensor };
  /** What one expert makes of its tokens' input, `[tokens, width]`; it is weighted and added to y by whoever calls. */
  encodeExpert(e: Encoder, w: Weights<ExpertRole>, input: Tensor): Tensor;
}

/** One architecture: its tensors, and a layer's operations as in its paper. */
export interface Architecture<
  LayerRole extends string = string,
  OutputRole extends string = string,
  ExpertRole extends string = string,
> {
  /** As in `general.architecture`. */
  readonly name: string;
  /** @throws RondoError `BAD_CONFIG`, `UNSUPPORTED` */
  readConfig(gguf: Gguf): ModelConfig;
  /** The tensors of a layer, by their roles. */
  layerTensors(config: ModelConfig, layer: number): Tensors<LayerRole>;
  /** `tied`: the model has no output matrix of its own and uses its embedding. */
  outputTensors(config: ModelConfig, tied: boolean): Tensors<OutputRole>;
  /** One layer over x `[tokens, width]`; where there are experts, up to them. */
  encodeLayer(config: ModelConfig, e: Encoder, w: Weights<LayerRole>, x: Tensor, place: LayerPlace): Tensor;
  /** Logits `[tokens, vocabulary]` of x `[tokens, width]`. */
  encodeOutput(config: ModelConfig, e: Encoder, w: Weights<OutputRole>, x: Tensor): Tensor;
  /** Of an architecture whose layers have experts. */
  readonly experts?: ExpertLayers<LayerRole, ExpertRole> | undefined;
}
