// The interface of an architecture: the tensors of its models, and the operations of a layer. Each architecture has a file in
// this folder and an entry in `registry.ts`.
import type { RondoWarning } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { AttentionSpan, Encoder, Rope, Shape, Tensor, Weight } from '@rondo/tensor';
import type { Routing } from './routing.ts';

/** The members that all layers have. */
interface LayerBase {
  /** Inner width of the feed-forward network. In a layer with experts and without `expertWidth`: inner width of each expert. */
  readonly feedForwardWidth: number;
  /** Inner width of each expert, if the layer has a feed-forward network beside the experts. */
  readonly expertWidth?: number | undefined;
  /** False if the layer has no experts, but other layers of the model have experts. */
  readonly hasExperts?: false | undefined;
  /**
   * Present for the MTP block, the last layer of a configuration that was read with `ConfigOptions.mtp`. The block predicts
   * the token after the next token. A pass over the text does not compute the block.
   */
  readonly predicts?: true | undefined;
  /** The values of the layer's `onHost` tensors, by their roles; present once the tensors have been read. */
  readonly values?: Readonly<Record<string, Float32Array>> | undefined;
}

/** The numbers of a layer with attention. */
export interface AttentionLayer extends LayerBase {
  readonly kind: 'attention';
  /** Number of query heads. */
  readonly heads: number;
  readonly kvHeads: number;
  /** Number of values in a head's query, and in its key. */
  readonly keySize: number;
  /** Number of values in a head's value. */
  readonly valueSize: number;
  /** Factor of the products of queries and keys. */
  readonly attentionScale: number;
  /** Number of positions that a token sees, its own position included; undefined = all positions up to its own position. */
  readonly window?: number | undefined;
  /** Rotation of queries and keys; undefined = no rotation. */
  readonly rope?: Rope | undefined;
  /** Rotation of queries, if it differs from the rotation of keys. */
  readonly queryRope?: Rope | undefined;
  /**
   * Whether the layer's rotation uses the divisors of frequencies in the file's tensor `rope_freqs`. `required`: the file
   * must have the divisors; `none`: the divisors are for other layers. Default: the layer uses the divisors if there are any.
   */
  readonly ropeDivisors?: 'required' | 'none' | undefined;
  /** Present if queries, keys and values are made from latent vectors. */
  readonly latent?: LatentAttention | undefined;
  /** The earlier layer whose keys and values the layer uses instead of its own. */
  readonly sharesLayer?: number | undefined;
}

/**
 * The numbers of multi-head latent attention, DeepSeek-AI 2024, arXiv:2405.04434. The cache holds the latent vector of a token
 * and its rotated key, which all heads share: `keySize` and `valueSize` of the layer are the sizes in the cache.
 */
export interface LatentAttention {
  /** Number of values in the latent vector of a query; undefined = queries are made from the activation. */
  readonly queryRank?: number | undefined;
  /** Number of values in the latent vector of keys and values. */
  readonly rank: number;
  /** Number of values in the part of a head's key that does not rotate. */
  readonly plainSize: number;
  /** Number of values in the part of a key that rotates. */
  readonly rotatedSize: number;
  /** Number of values in a head's value, after the latent vector. */
  readonly headValueSize: number;
}

/** Gemma 3n's per-layer embeddings: a table that is read row by row. Each layer uses its own part of a token's row. */
export interface LayerRows {
  /** A tensor `[vocabulary, layers * width]`. */
  readonly table: string;
  /** Number of values per token and layer. */
  readonly width: number;
  /** Factor of the values. */
  readonly scale: number;
}

/** The numbers of a layer that keeps states of a fixed size instead of keys and values. */
export interface RecurrentLayer extends LayerBase {
  readonly kind: 'recurrent';
  /** Number of float32 values in each of the layer's states. */
  readonly states: readonly number[];
  /** The gated delta net, if the layer has one. */
  readonly deltaNet?: DeltaNet | undefined;
  /** The Mamba-2, if the layer has one. */
  readonly mamba?: Mamba | undefined;
  /** Number of positions that the short convolution sees, if the layer has one. */
  readonly convolutionWindow?: number | undefined;
}

/** The numbers of a gated delta net, Yang et al. 2024, arXiv:2412.06464. */
export interface DeltaNet {
  /** Number of query heads, and of key heads. */
  readonly keyHeads: number;
  /** Number of value heads. */
  readonly heads: number;
  /** Number of values in a head's query, and in its key. */
  readonly keySize: number;
  /** Number of values in a head's value. */
  readonly valueSize: number;
  /** Number of positions that the convolutions before the delta rule see. */
  readonly window: number;
}

/** The numbers of a Mamba-2, Dao & Gu 2024, arXiv:2405.21060. */
export interface Mamba {
  readonly heads: number;
  /** Number of values in a head's input, and in its result. */
  readonly headSize: number;
  /** Number of groups of heads; the heads of a group share B and C. */
  readonly groups: number;
  /** Number of values in the B, and in the C, of a group. */
  readonly stateSize: number;
  /** Number of positions that the convolutions before the scan see. */
  readonly window: number;
}

/** The numbers of a layer that has a feed-forward network alone: no token sees another. */
export interface FeedForwardLayer extends LayerBase {
  readonly kind: 'feedForward';
}

/** The numbers of a layer; the layers of a model may differ. */
export type LayerSpec = AttentionLayer | RecurrentLayer | FeedForwardLayer;

/** The numbers of a transformer, from its metadata. */
export interface ModelConfig {
  readonly layers: readonly LayerSpec[];
  /** Number of values in a token's activation (embedding length). */
  readonly width: number;
  /** Number of experts of a layer. 0 = the layer has one feed-forward network and no router. */
  readonly experts: number;
  /** Number of experts that each token uses. */
  readonly expertsUsed: number;
  /** How a token's experts and their shares are computed from the scores of a router. */
  readonly routing: Routing;
  /** Inner width of the shared expert, which all tokens use; undefined = no shared expert. */
  readonly sharedExpertWidth?: number | undefined;
  /** Number of positions that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** The epsilon of the norms. */
  readonly epsilon: number;
  /** Factor of the embeddings. */
  readonly embeddingScale: number;
  /** The per-layer embeddings; undefined = none. */
  readonly layerRows?: LayerRows | undefined;
  /** Factor of the values that a branch of a layer adds to the branch's input. */
  readonly residualScale: number;
  /** Factor of the logits. */
  readonly logitScale: number;
  /** Soft cap of the products of queries and keys; undefined = no cap. */
  readonly attentionSoftcap?: number | undefined;
  /** Soft cap of the logits; undefined = no cap. */
  readonly logitSoftcap?: number | undefined;
  /** Whether a file may have divisors of rotary frequencies for long and for short contexts. */
  readonly hasLongRope: boolean;
  /** Number of positions that the rotation was trained for, before its frequencies were scaled for longer texts. */
  readonly originalContextLength: number;
  /** The values of the output head's `onHost` tensors, by their roles; present once the tensors have been read. */
  readonly outputValues?: LayerSpec['values'];
  /** Warnings about how the model runs. */
  readonly warnings?: readonly RondoWarning[] | undefined;
}

/** A tensor that a model must have, or rows of a tensor. */
export interface TensorSpec {
  readonly name: string;
  /** Sizes of the dimensions, outermost dimension first. */
  readonly shape: Shape;
  /**
   * Present if `shape` is a part of a tensor that several roles share: the first row of the part, and the number of rows of
   * the whole tensor. In a tensor with one matrix per expert, both numbers apply to each matrix.
   */
  readonly partOf?: { readonly firstRow: number; readonly rows: number };
  /**
   * The shape in the file, if the file has the same values in other dimensions. Example: `[heads, rank, size]` in the file for
   * the shape `[heads * rank, size]`.
   */
  readonly fileShape?: Shape;
  /**
   * The names of the experts' matrices, if the file has one tensor per expert instead of the tensor `name`. Example: files of
   * Mixtral before April 2024.
   */
  readonly expertNames?: readonly string[];
  /** The tensor is no weight: the host computes with its values, which are in `LayerSpec.values`. */
  readonly onHost?: true;
}

/** The tensors of a segment by their roles. */
export type Tensors<Role extends string = string> = Readonly<Record<Role, TensorSpec>>;

/** The weights of a segment by their roles. */
export type Weights<Role extends string = string> = Readonly<Record<Role, Weight>>;

/** The tensors that a file has. Files of one architecture may differ: with or without biases, matrices joined or apart. */
export interface FileTensors {
  /** Whether the file has a tensor of this name. */
  has(name: string): boolean;
}

/** The layer that an activation passes, and the sequences of the activation's rows. */
export interface LayerPlace {
  readonly layer: number;
  readonly spans: readonly AttentionSpan[];
  /** Present if the model has a table of `LayerRows`. */
  readonly inputs?: LayerInputs | undefined;
}

/** Inputs of a layer beside the activation. */
export interface LayerInputs {
  /** The embeddings of the tokens, scaled: `[tokens, width]`. */
  readonly embeddings: Tensor;
  /** The layer's part of the tokens' rows in the table, scaled: `[tokens, LayerRows.width]`. */
  readonly rows: Tensor;
}

/** The experts of an architecture, in place of a feed-forward network for all tokens. */
export interface ExpertLayers {
  /** The tensors of a layer's experts: for each role one tensor `[experts, out, in]`. */
  tensors(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /**
   * The router over y `[tokens, width]`, the result of `encodeLayer`. If `LayerSpec.values` has the role `routerBias`, these
   * values are the bias of the choice.
   *
   * @returns `input`: the input of the experts `[tokens, width]`. `scores`: the scores of the experts `[tokens, experts]`, see
   * `Routing`. `sum`: the tensor to which the caller adds the results of the experts (default: y)
   */
  encodeRouter(
    config: ModelConfig,
    e: Encoder,
    w: Weights,
    y: Tensor,
  ): { readonly input: Tensor; readonly scores: Tensor; readonly sum?: Tensor };
  /**
   * The result of one expert for the input of its tokens, `[tokens, width]`. The caller multiplies the result by the expert's
   * share and adds the product to y. `scales`: see `expertScalesOf`.
   */
  encodeExpert(e: Encoder, w: Weights, input: Tensor, scales: Readonly<Record<string, number>>): Tensor;
  /** Factors of the results of a layer's experts, in addition to their shares; undefined = no factors. */
  resultScales?(layer: LayerSpec): Float32Array | undefined;
  /** For layers that do more than add the weighted sum of the experts' results to y. */
  readonly around?: AroundExperts | undefined;
}

/** Operations before and after the experts of a layer, once its router has chosen the experts. */
export interface AroundExperts {
  /** The tensors that `encode` uses before the experts. */
  before(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /** The tensors that `encode` uses after the experts. */
  after(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /**
   * The layer's result for y `[tokens, width]`, the result of `encodeLayer`. `experts` encodes the experts and returns their
   * weighted sum `[tokens, width]`. Operations encoded before that call are computed while the experts are read.
   */
  encode(
    config: ModelConfig,
    e: Encoder,
    w: Weights,
    y: Tensor,
    place: LayerPlace,
    experts: () => Tensor,
  ): Tensor;
}

/** Parts of a file that a configuration has only on request. */
export interface ConfigOptions {
  /** Whether `ModelConfig.layers` ends with the MTP block of the file, see `LayerSpec.predicts`. Default: false. */
  readonly mtp?: boolean | undefined;
}

/** One architecture: its tensors, and the operations of a layer as in its paper. */
export interface Architecture {
  /** The value of `general.architecture`. */
  readonly name: string;
  /**
   * @throws RondoError `BAD_CONFIG`; `UNSUPPORTED`, also for `mtp` if the file has no MTP block or has one that cannot be used
   */
  readConfig(gguf: Gguf, options?: ConfigOptions): ModelConfig;
  /** Whether the MTP block of a file can be used. Default: such a block is left out. */
  readonly mayPredict?: boolean | undefined;
  /** The tensors of a layer, by their roles. */
  layerTensors(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /** The tensors of the output head; a model without an output matrix of its own uses its embedding. */
  outputTensors(config: ModelConfig, file: FileTensors): Tensors;
  /**
   * One layer over x `[tokens, width]`; in an architecture with experts, the part of the layer before the experts. The MTP
   * block takes pairs `[tokens, 2 * width]`: for each token its embedding and the hidden row before it, both normalized.
   */
  encodeLayer(config: ModelConfig, e: Encoder, w: Weights, x: Tensor, place: LayerPlace): Tensor;
  /** Logits `[tokens, vocabulary]` of x `[tokens, width]`. `isNormal`: x has been normalized already. */
  encodeOutput(config: ModelConfig, e: Encoder, w: Weights, x: Tensor, isNormal?: boolean): Tensor;
  /** The name of the table of learned positions `[contextLength, width]`. A token's row is added to the token's embedding. */
  readonly positionTable?: string | undefined;
  /** Present if the architecture's layers have experts. */
  readonly experts?: ExpertLayers | undefined;
}
