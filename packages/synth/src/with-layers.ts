// The shape of a model with fewer layers, or with more where no metadata has a value for each layer.
import { u32, type MetadataValue } from '@rondo/gguf';
import type { SynthShape } from './shape.ts';

const SHARED = 'attention.shared_kv_layers';

/**
 * The first so many layers of a shape: metadata that has a value for each layer keeps those of these layers, and as many of the
 * last layers as are left share the keys and values of earlier ones.
 */
export function withLayers(shape: SynthShape, layers: number): SynthShape {
  const { keys, layers: before } = shape;
  if (!keys) return { ...shape, layers };
  // The sections of a rotation may be as many as there are layers.
  const cut = (key: string, value: MetadataValue): MetadataValue =>
    value.type === 'array' && value.value.length === before && !key.startsWith('rope.')
      ? ({ ...value, value: value.value.slice(0, layers) } as MetadataValue)
      : value;
  const changed = Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, cut(key, value)]));
  const shared = keys[SHARED]?.value;
  if (typeof shared === 'number') changed[SHARED] = u32(Math.max(0, layers - (before - shared)));
  return { ...shape, layers, keys: changed };
}
