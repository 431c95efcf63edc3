// What an architecture is: which tensors a model of it has, and what happens to an activation on its way. One file each
// in this folder, gathered in `registry.ts`.
import type { RondoWarning } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { AttentionSpan, Encoder, Rope, Shape, Tensor, Weight } from '@rondo/tensor';

/** What all layers have. */
interface LayerBase {
  /** Values between the matrices of the feed-forward network; of each expert, where there are any and `expertWidth` is not given. */
  readonly feedForwardWidth: number;
  /** Values between the matrices of each expert, where a feed-forward network stands beside the experts. */
  readonly expertWidth?: number | undefined;
  /** The values of the layer's tensors that are `onHost`, by their roles; there once they have been read. */
  readonly values?: Readonly<Record<string, Float32Array>> | undefined;
}

/** The numbers of a layer that attends. */
export interface AttentionLayer extends LayerBase {
  readonly kind: 'attention';
  /** Query heads. */
  readonly heads: number;
  readonly kvHeads: number;
  /** Values of a head's query, and of its key. */
  readonly keySize: number;
  /** Values of a head's value. */
  readonly valueSize: number;
  /** Products of queries and keys are multiplied by this. */
  readonly attentionScale: number;
  /** A token sees this many positions, its own included; undefined = all before it. */
  readonly window?: number | undefined;
  /** How positions rotate queries and keys; undefined = they do not. */
  readonly rope?: Rope | undefined;
  /** How positions rotate queries, where keys rotate otherwise. */
  readonly queryRope?: Rope | undefined;
  /**
   * Whether the layer's rotation has the divisors of frequencies that a file may have in `rope_freqs`: a file must have them,
   * or they are for other layers. Default: the layer takes them where there are any.
   */
  readonly ropeDivisors?: 'required' | 'none' | undefined;
  /** The earlier layer whose keys and values the layer uses instead of its own. */
  readonly sharesLayer?: number | undefined;
}

/** A table of which each layer takes a part of a token's row: Gemma 3n's per-layer embeddings. It is read row by row. */
export interface LayerRows {
  /** A tensor `[vocabulary, layers * width]`. */
  readonly table: string;
  /** Values of a layer. */
  readonly width: number;
  /** Values are multiplied by this. */
  readonly scale: number;
}

/** The numbers of a layer that keeps states of a fixed size in place of keys and values. */
export interface RecurrentLayer extends LayerBase {
  readonly kind: 'recurrent';
  /** Float32 values of each of its states. */
  readonly states: readonly number[];
  /** Of a layer with the gated delta rule. */
  readonly deltaNet?: DeltaNet | undefined;
}

/** The numbers of a gated delta net, Yang et al. 2024, arXiv:2412.06464. */
export interface DeltaNet {
  /** Heads of queries and of keys. */
  readonly keyHeads: number;
  /** Heads of values. */
  readonly heads: number;
  /** Values of a head's query, and of its key. */
  readonly keySize: number;
  /** Values of a head's value. */
  readonly valueSize: number;
  /** Positions that the convolutions before the rule see. */
  readonly window: number;
}

/** The numbers of a layer; layers of a model may differ. */
export type LayerSpec = AttentionLayer | RecurrentLayer;

/** The numbers of a transformer, from its metadata. */
export interface ModelConfig {
  readonly layers: readonly LayerSpec[];
  /** Values of an activation (embedding length). */
  readonly width: number;
  /** Feed-forward networks of a layer among which its router chooses; 0 = it has one, and no router. */
  readonly experts: number;
  /** How many of them each token uses. */
  readonly expertsUsed: number;
  /** Values between the matrices of the feed-forward network that all tokens use beside the experts; undefined = there is none. */
  readonly sharedExpertWidth?: number | undefined;
  /** Positions that the model was trained for. */
  readonly contextLength: number;
  readonly vocabularySize: number;
  /** Of the norms. */
  readonly epsilon: number;
  /** Embeddings are multiplied by this. */
  readonly embeddingScale: number;
  /** What each layer takes of its tokens beside the activation; undefined = nothing. */
  readonly layerRows?: LayerRows | undefined;
  /** What a layer adds to its input is multiplied by this. */
  readonly residualScale: number;
  /** Logits are multiplied by this. */
  readonly logitScale: number;
  /** Products of queries and keys are bent to at most this; undefined = they are not. */
  readonly attentionSoftcap?: number | undefined;
  /** Logits are bent to at most this; undefined = they are not. */
  readonly logitSoftcap?: number | undefined;
  /** Whether a file may have divisors of rotary frequencies for long and for short contexts. */
  readonly hasLongRope: boolean;
  /** Positions that the rotation was trained for, before it was stretched. */
  readonly originalContextLength: number;
  /** The values of the tensors of the output head that are `onHost`; there once they have been read. */
  readonly outputValues?: LayerSpec['values'];
  /** What a user should know about how the model is run. */
  readonly warnings?: readonly RondoWarning[] | undefined;
}

/** A tensor that a model must have, or rows of one. */
export interface TensorSpec {
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  /**
   * Where `shape` is a part of a tensor that several roles share: its first row, and the rows of the whole tensor; where the
   * tensor has a matrix of each expert, of each of these.
   */
  readonly partOf?: { readonly firstRow: number; readonly rows: number };
  /** A few numbers that the host computes with, and no weight: they come as `LayerSpec.values`. */
  readonly onHost?: true;
}

/** Which tensor plays which role in a segment. */
export type Tensors<Role extends string = string> = Readonly<Record<Role, TensorSpec>>;

/** The same once they are loaded. */
export type Weights<Role extends string = string> = Readonly<Record<Role, Weight>>;

/** The tensors that a file has: some models come with and without a bias, or with several matrices in one tensor. */
export interface FileTensors {
  /** Whether the file has a tensor of this name. */
  has(name: string): boolean;
}

/** Where in the model, and of which sequences, the rows of an activation are. */
export interface LayerPlace {
  readonly layer: number;
  readonly spans: readonly AttentionSpan[];
  /** Where the model has a table of `LayerRows`. */
  readonly inputs?: LayerInputs | undefined;
}

/** What a layer sees of its tokens beside the activation. */
export interface LayerInputs {
  /** Their embeddings, scaled: `[tokens, width]`. */
  readonly embeddings: Tensor;
  /** The layer's part of their rows of the table, scaled: `[tokens, LayerRows.width]`. */
  readonly rows: Tensor;
}

/** What an architecture with experts does in place of a feed-forward network of which every token makes use. */
export interface ExpertLayers {
  /** The experts of a layer, each role's in one tensor `[experts, out, in]`. */
  tensors(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /**
   * Of y `[tokens, width]`, which `encodeLayer` gave: the input of the experts `[tokens, width]`, and their scores
   * `[tokens, experts]`; `sum` is what the results of the experts are added to, where it is not y, but y and more.
   */
  encodeRouter(
    config: ModelConfig,
    e: Encoder,
    w: Weights,
    y: Tensor,
  ): { readonly input: Tensor; readonly scores: Tensor; readonly sum?: Tensor };
  /**
   * What one expert makes of its tokens' input, `[tokens, width]`; the caller weights it and adds it to y. `scales`: see
   * `expertScalesOf`.
   */
  encodeExpert(e: Encoder, w: Weights, input: Tensor, scales: Readonly<Record<string, number>>): Tensor;
  /** What the result of each expert of a layer is multiplied by beside its share; undefined = nothing. */
  resultScales?(layer: LayerSpec): Float32Array | undefined;
  /** Of layers that do more with their experts than add their weighted sum to y. */
  readonly around?: AroundExperts | undefined;
}

/** What a layer does around its experts, once its router has chosen. */
export interface AroundExperts {
  /** The tensors that it needs before the experts, then. */
  before(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /** Those that it needs after the experts. */
  after(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /**
   * The layer's result, of y `[tokens, width]`, which `encodeLayer` gave. `experts` encodes the experts and gives their
   * weighted sum `[tokens, width]`: what is encoded before is computed while they are read.
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

/** One architecture: its tensors, and a layer's operations as in its paper. */
export interface Architecture {
  /** As in `general.architecture`. */
  readonly name: string;
  /** @throws RondoError `BAD_CONFIG`, `UNSUPPORTED` */
  readConfig(gguf: Gguf): ModelConfig;
  /** The tensors of a layer, by their roles. */
  layerTensors(config: ModelConfig, layer: number, file: FileTensors): Tensors;
  /** The tensors of the output head; a model without an output matrix of its own uses its embedding. */
  outputTensors(config: ModelConfig, file: FileTensors): Tensors;
  /** One layer over x `[tokens, width]`; where there are experts, up to them. */
  encodeLayer(config: ModelConfig, e: Encoder, w: Weights, x: Tensor, place: LayerPlace): Tensor;
  /** Logits `[tokens, vocabulary]` of x `[tokens, width]`. */
  encodeOutput(config: ModelConfig, e: Encoder, w: Weights, x: Tensor): Tensor;
  /** The table `[contextLength, width]` whose row of a token's position is added to its embedding, where positions are learned. */
  readonly positionTable?: string | undefined;
  /** Of an architecture whose layers have experts. */
  readonly experts?: ExpertLayers | undefined;
}
