// Shapes of Llama, TinyLlama and Mixtral, from the published configurations.
import type { SynthShape } from '../shape.ts';

const llama = { architecture: 'llama', ropeBase: 10_000, epsilon: 1e-5, tied: false } as const;
const llama3 = { ...llama, vocabularySize: 128_256, contextLength: 131_072, ropeBase: 500_000 } as const;

/** Shapes by name. */
export const llamaShapes = {
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
} as const satisfies Record<string, SynthShape>;
