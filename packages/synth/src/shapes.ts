// The shapes of well-known models: what a file says of itself, without its weights.

/** Feed-forward experts of a layer, of which each token uses some. */
export interface SynthExperts {
  readonly count: number;
  /** Experts that each token uses. */
  readonly used: number;
  readonly feedForwardWidth: number;
}

/** The numbers of a transformer. */
export interface SynthShape {
  /** As in `general.architecture`; `qwen3` and `qwen3moe` also normalize queries and keys. */
  readonly architecture: 'llama' | 'qwen3' | 'qwen3moe';
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForwardWidth: number;
  readonly vocabularySize: number;
  readonly contextLength: number;
  readonly ropeBase: number;
  readonly epsilon: number;
  /** How far Llama 3.1's rule stretches the longest rotary waves; such a file has a tensor with their divisors. */
  readonly ropeFactor?: number;
  /** The output matrix is the embedding. */
  readonly tied: boolean;
  readonly experts?: SynthExperts;
}

const llama = { architecture: 'llama', ropeBase: 10_000, epsilon: 1e-5, tied: false } as const;
const llama3 = { ...llama, vocabularySize: 128_256, contextLength: 131_072, ropeBase: 500_000 } as const;
const qwen3 = {
  headSize: 128,
  vocabularySize: 151_936,
  contextLength: 40_960,
  ropeBase: 1_000_000,
  epsilon: 1e-6,
} as const;

/** Shapes by name, from the models' published configurations; `tiny` and `tiny-experts` are for tests. */
export const synthShapes = {
  tiny: {
    ...llama,
    layers: 3,
    width: 256,
    heads: 4,
    kvHeads: 2,
    headSize: 64,
    feedForwardWidth: 512,
    vocabularySize: 600,
    contextLength: 512,
  },
  'tiny-experts': {
    ...llama,
    layers: 3,
    width: 256,
    heads: 4,
    kvHeads: 2,
    headSize: 64,
    feedForwardWidth: 256,
    vocabularySize: 600,
    contextLength: 512,
    experts: { count: 8, used: 2, feedForwardWidth: 256 },
  },
  'tinyllama-1.1b': {
    ...llama,
    layers: 22,
    width: 2048,
    heads: 32,
    kvHeads: 4,
    headSize: 64,
    feedForwardWidth: 5632,
    vocabularySize: 32_000,
    contextLength: 2048,
  },
  'llama-3.2-3b': {
    ...llama3,
    layers: 28,
    width: 3072,
    heads: 24,
    kvHeads: 8,
    headSize: 128,
    feedForwardWidth: 8192,
    ropeFactor: 32,
    tied: true,
  },
  'llama-2-7b': {
    ...llama,
    layers: 32,
    width: 4096,
    heads: 32,
    kvHeads: 32,
    headSize: 128,
    feedForwardWidth: 11_008,
    vocabularySize: 32_000,
    contextLength: 4096,
  },
  'llama-2-13b': {
    ...llama,
    layers: 40,
    width: 5120,
    heads: 40,
    kvHeads: 40,
    headSize: 128,
    feedForwardWidth: 13_824,
    vocabularySize: 32_000,
    contextLength: 4096,
  },
  'llama-3.1-8b': {
    ...llama3,
    layers: 32,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headSize: 128,
    feedForwardWidth: 14_336,
    ropeFactor: 8,
  },
  'qwen3-4b': {
    ...qwen3,
    architecture: 'qwen3',
    layers: 36,
    width: 2560,
    heads: 32,
    kvHeads: 8,
    feedForwardWidth: 9728,
    tied: true,
  },
  'mixtral-8x7b': {
    ...llama,
    layers: 32,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headSize: 128,
    feedForwardWidth: 14_336,
    vocabularySize: 32_000,
    contextLength: 32_768,
    ropeBase: 1_000_000,
    experts: { count: 8, used: 2, feedForwardWidth: 14_336 },
  },
  'qwen3-30b-a3b': {
    ...qwen3,
    architecture: 'qwen3moe',
    layers: 48,
    width: 2048,
    heads: 32,
    kvHeads: 4,
    feedForwardWidth: 6144,
    tied: false,
    experts: { count: 128, used: 8, feedForwardWidth: 768 },
  },
} as const satisfies Record<string, SynthShape>;

/** A name of {@link synthShapes}. */
export type SynthShapeName = keyof typeof synthShapes;
