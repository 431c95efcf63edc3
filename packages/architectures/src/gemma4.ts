// Gemma 4. Gemma 3 whose layers without a window have larger heads, values that are normalized too, and keys and values that the
// last layers share. The small models (E2B, E4B) have per-layer embeddings. Source: transformers, `modeling_gemma4.py`.
import type { Gguf } from '@rondo/gguf';
import type { LayerSpec, ModelConfig } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { layerInputTensors, withLayerInput } from './blocks/layer-input.ts';
import { onHost } from './blocks/layer-tensors.ts';
import { sandwichLayer, sandwichTensors } from './blocks/sandwich-layer.ts';
import { fail, LIMITS } from './config/limits.ts';
import type { Metadata } from './config/metadata.ts';
import { readRotated, ropeOf, unstretched, type RopeNumbers } from './config/rope.ts';
import { withSharedLayers } from './config/shared-layers.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

const kind = {
  normalized: 'heads',
  valuesNormalized: true,
  keysAsValues: true,
  activation: 'gelu',
} as const;

function readConfig(gguf: Gguf): ModelConfig {
  const { keys, config, rope } = readTransformer(gguf, 'gemma4', { rope: 'halves' });
  const windowed = readWindowed(keys, rope);
  const change = (layer: LayerSpec, isWindowed: boolean): LayerSpec => ({
    ...layer,
    // Queries and keys are normalized by weights that hold the scale.
    attentionScale: 1,
    ...(isWindowed ? windowed : { ropeDivisors: 'required' }),
  });
  checkValueSize(keys, '', config.layers[0]);
  return {
    ...withSharedLayers(withWindows(config, keys, { period: undefined, required: true }, change), keys),
    embeddingScale: Math.fround(Math.sqrt(config.width)),
    layerRows: readLayerRows(keys, config),
    logitSoftcap: keys.findPositive('final_logit_softcapping'),
  };
}

/** The heads of layers with a window, and their rotation, which is never stretched. */
function readWindowed(keys: Metadata, rope: RopeNumbers | undefined): Partial<LayerSpec> {
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

/** Keys may be values, too. */
function checkValueSize(
  keys: Metadata,
  suffix: string,
  { keySize, valueSize }: Partial<LayerSpec> = {},
): void {
  if (keySize !== valueSize)
    fail(
      `${keys.name}.attention.value_length${suffix}`,
      valueSize,
      `${keySize}, as attention.key_length${suffix} is`,
    );
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

/** The dense models of the Gemma 4 family. */
export const gemma4 = decoder({
  name: 'gemma4',
  readConfig,
  tensors: (t) => ({
    ...sandwichTensors(t, kind),
    ...gatedTensors(t),
    ...layerInputTensors(t),
    ...t.optional('outputScale', onHost(t.weight('layer_output_scale', 1))),
  }),
  encode(code, w, x) {
    const y = withLayerInput(code, w, sandwichLayer(code, w, x, kind));
    const [scale = 1] = code.layer.values?.['outputScale'] ?? [];
    return scale === 1 ? y : code.e.scale(y, scale);
  },
});
