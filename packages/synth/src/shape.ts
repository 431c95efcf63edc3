// The shape of a model: the description of its file, without the weights.
import type { MetadataValue } from '@rondo/gguf';

/** The feed-forward experts of a layer; each token uses some of the experts. */
export interface SynthExperts {
  readonly count: number;
  /** Number of experts that each token uses. */
  readonly used: number;
  readonly feedForwardWidth: number;
}

/** The numbers of a transformer. */
export interface SynthShape {
  /** The value of `general.architecture`. */
  readonly architecture: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Base of the rotary frequencies; undefined = no rotation. */
  readonly ropeBase?: number;
  /** Number of values of a head that rotate. Default: all values. */
  readonly ropeDimensions?: number;
  /** The epsilon of the norms. */
  readonly epsilon: number;
  /** The kind of the norms, which chooses the key of `epsilon`. Default: `rms`. */
  readonly norm?: 'rms' | 'layer';
  /** Factor by which Llama 3.1's rule stretches the longest rotary waves; the file then has a tensor with the divisors. */
  readonly ropeFactor?: number;
  /** True = the output matrix is the embedding. */
  readonly tied: boolean;
  readonly experts?: SynthExperts;
  /** More metadata of the architecture, by keys without the architecture's name; takes precedence over the numbers above. */
  readonly keys?: Readonly<Record<string, MetadataValue>>;
  /**
   * The optional tensors of the architecture that the file has: all, or the tensors with these names, such as `attn_q.bias`
   * for all layers and `blk.2.attn_q.bias` for one layer. Default: none.
   */
  readonly optional?: 'all' | readonly string[];
  /**
   * Tensors with divisors of the rotary frequencies that have an effect in short texts already. `all`: for all contexts;
   * `long and short`: for long contexts and for short contexts; `a quarter`: only the quarter of the pairs with the highest
   * frequencies rotates. Default: none.
   */
  readonly ropeDivisors?: 'all' | 'long and short' | 'a quarter';
  /** Standard deviation of the weights of norms around 1. Default: 0. */
  readonly normDeviation?: number;
}
