// The numbers of Gemma 4. Layers with a window have their own head sizes. The last layers use the keys and values of earlier
// layers.
import type { Gguf } from '@rondo/gguf';
import type { AttentionLayer, ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';
import { readRotated, ropeOf, unstretched, type RopeNumbers } from './rope.ts';
import { withSharedLayers } from './shared-layers.ts';
import { readTransformer, type AttentionConfig } from './transformer.ts';
import { withWindows } from './windows.ts';

/** The configuration of a model with or without experts. @throws RondoError `BAD_CONFIG`, `UNSUPPORTED` */
export function readGemma4(gguf: Gguf): ModelConfig {
  const { keys, config, rope } = readTransformer(gguf, 'gemma4', { rope: 'halves' });
  const windowed = readWindowed(keys, rope);
  const change = (layer: AttentionLayer, isWindowed: boolean): AttentionLayer => ({
    ...layer,
    // The norm weights of queries and keys include the scale.
    attentionScale: 1,
    ...(isWindowed ? windowed : { ropeDivisors: 'required' }),
  });
  checkValueSize(keys, '', config.layers[0]);
  const windows = { period: undefined, required: true } as const;
  return {
    ...withSharedLayers(withWindows(withExpertWidths(config, keys), keys, windows, change), keys),
    embeddingScale: Math.fround(Math.sqrt(config.width)),
    layerRows: readLayerRows(keys, config),
    logitSoftcap: keys.findPositive('final_logit_softcapping'),
  };
}

/** The heads and the rotation of layers with a window. This rotation is never scaled for longer texts. */
function readWindowed(keys: Metadata, rope: RopeNumbers | undefined): Partial<AttentionLayer> {
  const sizes = {
    keySize: keys.integer('attention.key_length_swa', { most: LIMITS.width }),
    valueSize: keys.integer('attention.value_length_swa', { most: LIMITS.width }),
  };
  checkValueSize(keys, '_swa', sizes);
  const headSize = sizes.keySize;
  if (!rope) return sizes;
  const dimensions = readRotated(keys, 'rope.dimension_count_swa', headSize, rope.dimensions);
  const own = unstretched(rope, keys.positive('rope.freq_base_swa', 10_000));
  return { ...sizes, rope: ropeOf({ ...own, headSize, dimensions }), ropeDivisors: 'none' };
}

/** Checks that values have the size of keys, since a layer may use its keys as values. */
function checkValueSize(
  keys: Metadata,
  suffix: string,
  { keySize, valueSize }: Partial<AttentionLayer> = {},
): void {
  if (keySize !== valueSize)
    fail(
      `${keys.name}.attention.value_length${suffix}`,
      valueSize,
      `${keySize}, as attention.key_length${suffix} is`,
    );
}

/** Adds the width of the experts, since the layer has a feed-forward network beside the experts. */
function withExpertWidths(config: AttentionConfig, keys: Metadata): AttentionConfig {
  if (config.experts === 0) return config;
  const widths = (key: string) => keys.integers(key, config.layers.length, { most: LIMITS.feedForwardWidth });
  const beside = widths('feed_forward_length');
  const experts = widths('expert_feed_forward_length');
  const layers = config.layers.map((layer, index) => ({
    ...layer,
    feedForwardWidth: beside[index] ?? 0,
    expertWidth: experts[index] ?? 0,
  }));
  return { ...config, layers };
}

function readLayerRows({ gguf, name, integer }: Metadata, { layers }: ModelConfig): ModelConfig['layerRows'] {
  const key = 'embedding_length_per_layer_input';
  const width = integer(key, { least: 0, most: LIMITS.width }, 0);
  const table = 'per_layer_token_embd.weight';
  const [, found = layers.length * width] = gguf.tensors.get(table)?.shape ?? [];
  if (found !== layers.length * width)
    fail(
      `${name}.${key}`,
      width,
      `the ${found} values of a row of ${table}, divided by ${layers.length} layers`,
    );
  return width === 0 ? undefined : { table, width, scale: Math.fround(Math.sqrt(width)) };
}
