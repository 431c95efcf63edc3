// Which layers use the keys and values of an earlier one.
import type { AttentionLayer } from '../architecture.ts';
import { fail } from './limits.ts';
import type { Metadata } from './metadata.ts';
import type { AttentionConfig } from './transformer.ts';

/**
 * The configuration whose last `attention.shared_kv_layers` layers have no keys and values: one with a window uses those of the
 * last but one of the others, one without those of the last. Source: llama.cpp, `create_memory` in llama-model.cpp.
 *
 * @throws RondoError `BAD_CONFIG`, where that is no layer, or one of other heads or another window
 */
export function withSharedLayers(config: AttentionConfig, keys: Metadata): AttentionConfig {
  const { layers } = config;
  const key = 'attention.shared_kv_layers';
  const shared = keys.integer(key, { least: 0, most: layers.length - 1 }, 0);
  const own = layers.length - shared;
  const sharing = (layer: AttentionLayer, index: number): AttentionLayer => {
    if (index < own) return layer;
    const sharesLayer = layer.window === undefined ? own - 1 : own - 2;
    const source = layers[sharesLayer];
    if (!source || !storesAlike(source, layer)) {
      const why = source
        ? `layer ${sharesLayer}, which has another window or other heads`
        : 'a layer before the first';
      fail(`${keys.name}.${key}`, shared, `fewer: layer ${index} would use the keys and values of ${why}`);
    }
    return { ...layer, sharesLayer };
  };
  return { ...config, layers: layers.map(sharing) };
}

function storesAlike(a: AttentionLayer, b: AttentionLayer): boolean {
  return (['window', 'kvHeads', 'keySize', 'valueSize'] as const).every((number) => a[number] === b[number]);
}
