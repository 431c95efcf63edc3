// Numbers of the Gemma family that its files do not have.
import type { AttentionConfig } from './transformer.ts';

/**
 * Embeddings are multiplied by the root of the width; in the model of 27 billion parameters, which is told by its layers, scores
 * are divided by the root of the width of a head as if heads shared the width of the model.
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
