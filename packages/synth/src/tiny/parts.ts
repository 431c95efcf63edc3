// Parts that tiny shapes of several architectures share.
import { bools, f32, string, u32, u32s } from '@rondo/gguf';

export const plain = {
  architecture: 'llama',
  layers: 3,
  width: 256,
  heads: 4,
  kvHeads: 2,
  headSize: 64,
  feedForwardWidth: 512,
  vocabularySize: 600,
  contextLength: 512,
  ropeBase: 10_000,
  epsilon: 1e-5,
  tied: false,
} as const;
/**
 * Every optional tensor, grouped heads, and norm weights that differ from value to value. Four layers: the period of the
 * architectures with different kinds of layers.
 */
export const special = {
  layers: 4,
  width: 128,
  heads: 4,
  kvHeads: 2,
  headSize: 32,
  feedForwardWidth: 192,
  vocabularySize: 384,
  contextLength: 512,
  ropeBase: 10_000,
  epsilon: 1e-5,
  tied: false,
  optional: 'all',
  normDeviation: 0.25,
} as const;
/** Heads that are wider than width / heads. */
export const wideHeads = { ...special, headSize: 64 } as const;
/** Number of positions of a window: fewer than a test's text has. */
export const window = u32(16);
export const yarn = {
  'rope.scaling.type': string('yarn'),
  'rope.scaling.factor': f32(4),
  'rope.scaling.original_context_length': u32(32),
};
export const experts = { count: 8, used: 2, feedForwardWidth: 128 } as const;
export const graniteScales = {
  embedding_scale: f32(12),
  residual_scale: f32(0.5),
  logit_scale: f32(8),
  'attention.scale': f32(0.25),
};
export const linear = { 'rope.scaling.type': string('linear'), 'rope.scaling.factor': f32(4) };
/**
 * The layers differ: some have a matrix of values, some have queries, keys and values in one tensor, and some use keys as
 * values. The last two layers use the keys and values of the two layers before.
 */
export const gemma4 = {
  ...wideHeads,
  architecture: 'gemma4',
  layers: 6,
  tied: true,
  keys: {
    ...linear,
    feed_forward_length: u32s(192, 192, 192, 192, 384, 384),
    'attention.head_count_kv': u32s(2, 1, 2, 1, 2, 1),
    'attention.key_length_swa': u32(32),
    'attention.value_length_swa': u32(32),
    'attention.shared_kv_layers': u32(2),
    'attention.sliding_window': window,
    'attention.sliding_window_pattern': bools(true, false, true, false, true, false),
    'rope.dimension_count_swa': u32(16),
    'rope.freq_base_swa': f32(500),
    embedding_length_per_layer_input: u32(16),
    final_logit_softcapping: f32(5),
  },
  ropeDivisors: 'a quarter',
  optional: [
    'layer_output_scale.weight',
    'blk.0.attn_qkv.weight',
    'blk.2.attn_v.weight',
    'blk.3.attn_v.weight',
  ],
} as const;
