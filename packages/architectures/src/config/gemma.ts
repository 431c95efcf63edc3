// Numbers of the Gemma family that are not in its files.
import type { AttentionConfig } from './transformer.ts';

/**
 * Sets the scales. Embeddings are multiplied by the square root of the width. In the model with 27 billion parameters, which
 * has `layersOf27B` layers, attention scores are divided by the square root of width / heads. In that model, width / heads is
 * not the size of a head.
 */
export function gemmaScales(config: AttentionConfig, layersOf27B: number): AttentionConfig {
  const { layers, width } = config;
  const isLarge = layers.length === layersOf27B;
  return {
    ...config,
    embeddingScale: Math.fround(Math.sqrt(width)),
    layers: isLarge
      ? layers.map((layer) => ({ ...layer, attentionScale: 1 / Math.sqrt(Math.floor(width / layer.heads)) }))
      : layers,
  };
}
