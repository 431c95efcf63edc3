// Reads which layers have a short convolution in place of attention.
import type { LayerSpec, ModelConfig } from '../architecture.ts';
import { LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';
import type { AttentionConfig } from './transformer.ts';

/**
 * The configuration with short convolutions in the layers without heads of keys. The state of a short convolution holds the
 * positions of its window before the current token.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withShortConvolutions(config: AttentionConfig, keys: Metadata): ModelConfig {
  const window = keys.integer('shortconv.l_cache', { least: 2, most: LIMITS.convolutionWindow });
  return {
    ...config,
    layers: config.layers.map((layer): LayerSpec =>
      layer.kvHeads > 0
        ? layer
        : {
            kind: 'recurrent',
            states: [(window - 1) * config.width],
            convolutionWindow: window,
            feedForwardWidth: layer.feedForwardWidth,
          },
    ),
  };
}
