// Shapes of Gemma 2, 3 and 4, from the published configurations.
import { bools, f32, string, u32, u32s } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';

const gemma = { headSize: 256, epsilon: 1e-6, tied: true } as const;
const gemma3 = { ...gemma, architecture: 'gemma3', ropeBase: 1_000_000 } as const;
/** A window, and scaled positions in the layers without a window. */
const longGemma3 = {
  'attention.sliding_window': u32(1024),
  'rope.scaling.type': string('linear'),
  'rope.scaling.factor': f32(8),
};

/**
 * The common numbers of the Gemma 4 models; the last of every `period` layers sees all positions. The numbers were written from
 * memory, not from a file. With them, the models have the published numbers of parameters.
 */
const gemma4 = (layers: number, period: number, window: number) => {
  const pattern = Array.from({ length: layers }, (_, layer) => layer % period < period - 1);
  return {
    pattern,
    shape: {
      architecture: 'gemma4',
      layers,
      headSize: 512,
      vocabularySize: 262_144,
      ropeBase: 1_000_000,
      ropeDivisors: 'a quarter',
      epsilon: 1e-6,
      tied: true,
    },
    keys: {
      'attention.key_length_swa': u32(256),
      'attention.value_length_swa': u32(256),
      'attention.sliding_window': u32(window),
      'attention.sliding_window_pattern': bools(...pattern),
      'rope.dimension_count_swa': u32(256),
      'rope.freq_base_swa': f32(10_000),
      final_logit_softcapping: f32(30),
    },
  } as const;
};
const gemma4E2b = gemma4(35, 5, 512);
const gemma4E4b = gemma4(42, 6, 512);
const gemma431b = gemma4(60, 6, 1024);
const gemma426b = gemma4(30, 6, 1024);
/** Layers without a window have fewer key heads, and use the keys as values too. */
const largeGemma4 = ({ pattern }: ReturnType<typeof gemma4>, kvHeads: number) => ({
  kvHeads: u32s(...pattern.map((isWindowed) => (isWindowed ? kvHeads : kvHeads / 4))),
  optional: [
    'layer_output_scale.weight',
    ...pattern.flatMap((isWindowed, layer) => (isWindowed ? [`blk.${layer}.attn_v.weight`] : [])),
  ],
});

/** Shapes by name. */
export const gemmaShapes = {
  'gemma-2-2b': {
    ...gemma,
    architecture: 'gemma2',
    layers: 26,
    width: 2304,
    heads: 8,
    kvHeads: 4,
    feedForwardWidth: 9216,
    vocabularySize: 256_000,
    contextLength: 8192,
    ropeBase: 10_000,
    keys: {
      'attention.sliding_window': u32(4096),
      attn_logit_softcapping: f32(50),
      final_logit_softcapping: f32(30),
    },
  },
  'gemma-3-270m': {
    ...gemma3,
    layers: 18,
    width: 640,
    heads: 4,
    kvHeads: 1,
    feedForwardWidth: 2048,
    vocabularySize: 262_144,
    contextLength: 32_768,
    keys: { 'attention.sliding_window': u32(512) },
  },
  'gemma-3-1b': {
    ...gemma3,
    layers: 26,
    width: 1152,
    heads: 4,
    kvHeads: 1,
    feedForwardWidth: 6912,
    vocabularySize: 262_144,
    contextLength: 32_768,
    keys: { 'attention.sliding_window': u32(512) },
  },
  'gemma-3-4b': {
    ...gemma3,
    layers: 34,
    width: 2560,
    heads: 8,
    kvHeads: 4,
    feedForwardWidth: 10_240,
    vocabularySize: 262_208,
    contextLength: 131_072,
    keys: longGemma3,
  },
  'gemma-3-27b': {
    ...gemma3,
    layers: 62,
    width: 5376,
    heads: 32,
    kvHeads: 16,
    headSize: 128,
    feedForwardWidth: 21_504,
    vocabularySize: 262_208,
    contextLength: 131_072,
    keys: longGemma3,
  },
  'gemma-4-e2b': {
    ...gemma4E2b.shape,
    width: 1536,
    heads: 8,
    kvHeads: 1,
    feedForwardWidth: 6144,
    contextLength: 131_072,
    keys: {
      ...gemma4E2b.keys,
      // Layers without keys and values of their own are wider.
      feed_forward_length: u32s(...gemma4E2b.pattern.map((_, layer) => (layer < 15 ? 6144 : 12_288))),
      'attention.shared_kv_layers': u32(20),
      embedding_length_per_layer_input: u32(256),
    },
    optional: ['attn_v.weight', 'layer_output_scale.weight'],
  },
  'gemma-4-e4b': {
    ...gemma4E4b.shape,
    width: 2560,
    heads: 8,
    kvHeads: 2,
    feedForwardWidth: 10_240,
    contextLength: 131_072,
    keys: {
      ...gemma4E4b.keys,
      'attention.shared_kv_layers': u32(18),
      embedding_length_per_layer_input: u32(256),
    },
    optional: ['attn_v.weight', 'layer_output_scale.weight'],
  },
  'gemma-4-31b': {
    ...gemma431b.shape,
    width: 5376,
    heads: 32,
    kvHeads: 16,
    feedForwardWidth: 21_504,
    contextLength: 262_144,
    keys: { ...gemma431b.keys, 'attention.head_count_kv': largeGemma4(gemma431b, 16).kvHeads },
    optional: largeGemma4(gemma431b, 16).optional,
  },
  'gemma-4-26b-a4b': {
    ...gemma426b.shape,
    width: 2816,
    heads: 16,
    kvHeads: 8,
    feedForwardWidth: 2112,
    contextLength: 262_144,
    experts: { count: 128, used: 8, feedForwardWidth: 704 },
    keys: { ...gemma426b.keys, 'attention.head_count_kv': largeGemma4(gemma426b, 8).kvHeads },
    optional: [...largeGemma4(gemma426b, 8).optional, 'ffn_gate_up_exps.weight', 'ffn_down_exps.scale'],
  },
} as const satisfies Record<string, SynthShape>;
