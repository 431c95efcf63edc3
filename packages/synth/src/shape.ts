// The shape of a model: what a file says of itself, without its weights.
import type { MetadataValue } from '@rondo/gguf';

/** Feed-forward experts of a layer, of which each token uses some. */
export interface SynthExperts {
  readonly count: number;
  /** Experts that each token uses. */
  readonly used: number;
  readonly feedForwardWidth: number;
}

/** The numbers of a transformer. */
export interface SynthShape {
  /** As in `general.architecture`. */
  readonly architecture: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  readonly vocabularySize: number;
  readonly contextLength: number;
  /** Base of the rotary frequencies; undefined where positions do not rotate. */
  readonly ropeBase?: number;
  /** Values of a head that rotate. Default: all. */
  readonly ropeDimensions?: number;
  /** Of the norms. */
  readonly epsilon: number;
  /** The kind of the norms, which chooses the key of `epsilon`. Default: `rms`. */
  readonly norm?: 'rms' | 'layer';
  /** How far Llama 3.1's rule stretches the longest rotary waves; such a file has a tensor with their divisors. */
  readonly ropeFactor?: number;
  /** The output matrix is the embedding. */
  readonly tied: boolean;
  readonly experts?: SynthExperts;
  /** More metadata of the architecture, by keys without its name; goes before the numbers above. */
  readonly keys?: Readonly<Record<string, MetadataValue>>;
  /**
   * The tensors that a file of the architecture may have and this one has: all of them, or those of these names, such as
   * `attn_q.bias` for all layers and `blk.2.attn_q.bias` for one. Default: none.
   */
  readonly optional?: 'all' | readonly string[];
  /**
   * Tensors with divisors of the rotary frequencies that show in short texts: for all contexts, or for long and short ones; or
   * divisors with which a quarter of the pairs rotates, those of the highest frequencies. Default: none.
   */
  readonly ropeDivisors?: 'all' | 'long and short' | 'a quarter';
  /** Standard deviation of the weights of norms around 1. Default: 0. */
  readonly normDeviation?: number;
}
