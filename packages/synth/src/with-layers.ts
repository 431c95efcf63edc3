// Changes the number of layers of a shape: to fewer layers, or to more layers if no metadata has a value for each layer.
import { u32, type MetadataValue } from '@rondo/gguf';
import type { SynthShape } from './shape.ts';

const SHARED = 'attention.shared_kv_layers';

/**
 * A shape with `layers` layers. Metadata with a value for each layer keeps the values of the first `layers` layers. At most as
 * many layers as before have keys and values of their own; the other layers share the keys and values of earlier layers.
 */
export function withLayers(shape: SynthShape, layers: number): SynthShape {
  const { keys, layers: before } = shape;
  if (!keys) return { ...shape, layers };
  // A list of rotary sections may by chance have as many entries as the shape has layers.
  const cut = (key: string, value: MetadataValue): MetadataValue =>
    value.type === 'array' && value.value.length === before && !key.startsWith('rope.')
      ? ({ ...value, value: value.value.slice(0, layers) } as MetadataValue)
      : value;
  const changed = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, cut(key, value)]));
  const shared = keys[SHARED]?.value;
  if (typeof shared === 'number') changed[SHARED] = u32(Math.max(0, layers - (before - shared)));
  return { ...shape, layers, keys: changed };
}
