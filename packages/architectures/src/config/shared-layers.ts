// Reads which layers use the keys and values of an earlier layer.
import type { AttentionLayer } from '../architecture.ts';
import { fail } from './limits.ts';
import type { Metadata } from './metadata.ts';
import type { AttentionConfig } from './transformer.ts';

/**
 * The configuration in which the last `attention.shared_kv_layers` layers have no keys and values of their own. Let n be the
 * number of the other layers. A layer without a window uses the keys and values of layer n - 1; a layer with a window uses
 * the keys and values of layer n - 2. Source: llama.cpp, `create_memory` in llama-model.cpp.
 *
 * @throws RondoError `BAD_CONFIG` if layer n - 1 or n - 2 does not exist, or has other heads or another window
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
