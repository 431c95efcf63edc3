// Tiny shapes for tests: a shape for every architecture, with every special feature of the architecture's graph.
import { bools, f32, string, u32, u32s } from '@rondo/gguf';
import type { SynthShape } from './shape.ts';

const plain = {
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
const special = {
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
const wideHeads = { ...special, headSize: 64 } as const;
/** Number of positions of a window: fewer than a test's text has. */
const window = u32(16);
const yarn = {
  'rope.scaling.type': string('yarn'),
  'rope.scaling.factor': f32(4),
  'rope.scaling.original_context_length': u32(32),
};
const experts = { count: 8, used: 2, feedForwardWidth: 128 } as const;
/** Rotary sections that include all eight pairs: llama.cpp does not rotate pairs outside the sections. */
const deltaNet = {
  'rope.dimension_sections': u32s(3, 3, 2, 0),
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(32),
  'ssm.group_count': u32(2),
  'ssm.time_step_rank': u32(4),
  'ssm.inner_size': u32(128),
};
/** A Mamba-2 with two groups of heads; llama.cpp runs Granite with a Mamba-2 twice as wide as the model alone. */
const mamba = {
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(24),
  'ssm.group_count': u32(2),
  'ssm.time_step_rank': u32(8),
  'ssm.inner_size': u32(256),
};
const graniteScales = {
  embedding_scale: f32(12),
  residual_scale: f32(0.5),
  logit_scale: f32(8),
  'attention.scale': f32(0.25),
};
const linear = { 'rope.scaling.type': string('linear'), 'rope.scaling.factor': f32(4) };

/**
 * Layers with a matrix of values, with values joined with queries and keys, and with keys as values. The last two layers use
 * the keys and values of the two layers before.
 */
const gemma4 = {
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

/**
 * Shapes by name: `tiny` and `tiny-experts`, then `tiny-ARCHITECTURE`, and `tiny-ARCHITECTURE-experts` if the architecture has
 * models with and without experts.
 */
export const tinyShapes = {
  tiny: plain,
  'tiny-experts': {
    ...plain,
    feedForwardWidth: 256,
    experts: { count: 8, used: 2, feedForwardWidth: 256 },
  },
  'tiny-cohere2': {
    ...special,
    architecture: 'cohere2',
    norm: 'layer',
    tied: true,
    keys: { ...linear, 'attention.sliding_window': window, logit_scale: f32(0.25) },
    ropeDimensions: 16,
  },
  // A dense layer first, then layers with experts beside a shared expert.
  'tiny-deepseek2': {
    ...special,
    architecture: 'deepseek2',
    kvHeads: 1,
    headSize: 48,
    ropeDimensions: 16,
    experts,
    keys: {
      ...yarn,
      'rope.scaling.yarn_log_multiplier': f32(0.07),
      'attention.q_lora_rank': u32(64),
      'attention.kv_lora_rank': u32(32),
      'attention.value_length': u32(32),
      'attention.key_length_mla': u32(48),
      'attention.value_length_mla': u32(64),
      leading_dense_block_count: u32(1),
      expert_shared_count: u32(2),
      expert_gating_func: u32(2),
      expert_weights_norm: { type: 'bool', value: true },
      expert_weights_scale: f32(1.5),
    },
  },
  'tiny-ernie4_5': { ...wideHeads, architecture: 'ernie4_5', keys: yarn },
  // Only the model with 64 layers has windows.
  'tiny-exaone4': {
    ...special,
    architecture: 'exaone4',
    layers: 64,
    width: 64,
    headSize: 16,
    feedForwardWidth: 96,
    keys: { ...yarn, 'attention.sliding_window': window },
    ropeDivisors: 'all',
  },
  'tiny-gemma2': {
    ...wideHeads,
    architecture: 'gemma2',
    tied: true,
    keys: {
      ...linear,
      'attention.sliding_window': window,
      attn_logit_softcapping: f32(2),
      final_logit_softcapping: f32(5),
    },
    ropeDimensions: 32,
  },
  'tiny-gemma3': {
    ...wideHeads,
    architecture: 'gemma3',
    layers: 6,
    keys: {
      ...linear,
      'attention.sliding_window': window,
      'rope.freq_base_swa': f32(500),
      final_logit_softcapping: f32(5),
    },
    ropeDimensions: 32,
  },
  'tiny-gemma4': gemma4,
  'tiny-gemma4-experts': {
    ...gemma4,
    experts: { count: 8, used: 3, feedForwardWidth: 64 },
    optional: [...gemma4.optional, 'ffn_gate_up_exps.weight', 'ffn_down_exps.scale'],
  },
  'tiny-glm4': { ...wideHeads, architecture: 'glm4', keys: yarn, ropeDimensions: 32 },
  // A dense layer first, then layers with experts beside a shared expert.
  'tiny-glm4moe': {
    ...wideHeads,
    architecture: 'glm4moe',
    experts,
    ropeDimensions: 32,
    keys: {
      ...yarn,
      leading_dense_block_count: u32(1),
      expert_shared_count: u32(2),
      expert_weights_norm: { type: 'bool', value: true },
      expert_weights_scale: f32(1.5),
    },
  },
  'tiny-gpt2': { ...special, architecture: 'gpt2', norm: 'layer', kvHeads: 4, ropeBase: undefined },
  'tiny-gpt-oss': {
    ...wideHeads,
    architecture: 'gpt-oss',
    experts,
    keys: { ...yarn, 'attention.sliding_window': window, 'rope.freq_base_swa': f32(500) },
  },
  'tiny-granite': {
    ...wideHeads,
    architecture: 'granite',
    keys: { ...yarn, ...graniteScales },
    ropeDivisors: 'all',
  },
  'tiny-granitehybrid': {
    ...wideHeads,
    architecture: 'granitehybrid',
    keys: { ...yarn, ...graniteScales, ...mamba, 'attention.head_count_kv': u32s(0, 2, 0, 1) },
    ropeDivisors: 'all',
  },
  'tiny-granitemoe': {
    ...wideHeads,
    architecture: 'granitemoe',
    experts,
    feedForwardWidth: experts.feedForwardWidth,
    keys: {
      ...yarn,
      embedding_scale: f32(12),
      residual_scale: f32(0.5),
      logit_scale: f32(8),
      'attention.scale': f32(0.25),
      expert_shared_feed_forward_length: u32(96),
    },
  },
  'tiny-hunyuan-dense': { ...wideHeads, architecture: 'hunyuan-dense', keys: yarn },
  'tiny-granitehybrid-experts': {
    ...wideHeads,
    architecture: 'granitehybrid',
    experts,
    keys: {
      ...yarn,
      ...graniteScales,
      ...mamba,
      'attention.head_count_kv': u32s(0, 2, 0, 1),
      feed_forward_length: u32(128),
      expert_shared_feed_forward_length: u32(96),
    },
    ropeDivisors: 'all',
  },
  // Two short convolutions before the first layer with attention, and one after each of the others.
  'tiny-lfm2': {
    ...special,
    architecture: 'lfm2',
    layers: 6,
    keys: {
      ...yarn,
      'attention.head_count_kv': u32s(0, 0, 2, 0, 1, 0),
      'attention.sliding_window': window,
      'shortconv.l_cache': u32(3),
    },
  },
  // The first two layers are dense.
  'tiny-lfm2moe': {
    ...special,
    architecture: 'lfm2moe',
    layers: 6,
    experts,
    keys: {
      ...yarn,
      'attention.head_count_kv': u32s(0, 0, 2, 0, 1, 0),
      'shortconv.l_cache': u32(3),
      leading_dense_block_count: u32(2),
      expert_gating_func: u32(2),
    },
  },
  'tiny-llama': { ...wideHeads, architecture: 'llama', keys: yarn, ropeDivisors: 'all' },
  'tiny-minimax-m2': {
    ...wideHeads,
    architecture: 'minimax-m2',
    experts,
    feedForwardWidth: experts.feedForwardWidth,
    ropeDimensions: 32,
    keys: { ...yarn, expert_gating_func: u32(2) },
  },
  'tiny-mistral3': {
    ...wideHeads,
    architecture: 'mistral3',
    keys: {
      ...yarn,
      'rope.scaling.yarn_beta_fast': f32(16),
      'rope.scaling.yarn_beta_slow': f32(2),
      'rope.scaling.yarn_log_multiplier': f32(1),
      'attention.temperature_scale': f32(0.1),
    },
    ropeDivisors: 'all',
  },
  'tiny-nemotron_h': {
    ...wideHeads,
    architecture: 'nemotron_h',
    layers: 6,
    norm: 'layer',
    ropeBase: undefined,
    keys: {
      ...mamba,
      feed_forward_length: u32s(0, 192, 0, 96, 0, 0),
      'attention.head_count_kv': u32s(0, 0, 2, 0, 0, 1),
    },
  },
  'tiny-nemotron_h_moe': {
    ...wideHeads,
    architecture: 'nemotron_h_moe',
    layers: 6,
    norm: 'layer',
    ropeBase: undefined,
    experts,
    keys: {
      ...mamba,
      feed_forward_length: u32s(0, 128, 0, 128, 0, 0),
      'attention.head_count_kv': u32s(0, 0, 2, 0, 0, 1),
      expert_shared_feed_forward_length: u32(96),
      expert_weights_norm: { type: 'bool', value: true },
      expert_weights_scale: f32(2.5),
    },
  },
  'tiny-olmo2': {
    ...special,
    architecture: 'olmo2',
    keys: { ...yarn, 'attention.sliding_window': window },
  },
  // llama.cpp takes norms of keys for as many heads as queries have.
  'tiny-olmoe': {
    ...special,
    architecture: 'olmoe',
    kvHeads: 4,
    experts,
    feedForwardWidth: experts.feedForwardWidth,
    keys: yarn,
  },
  'tiny-phi3': {
    ...special,
    architecture: 'phi3',
    ropeDimensions: 24,
    ropeDivisors: 'long and short',
    keys: { 'rope.scaling.original_context_length': u32(32), 'rope.scaling.attn_factor': f32(1.2) },
  },
  'tiny-qwen2': { ...special, architecture: 'qwen2', keys: yarn },
  'tiny-qwen2moe': {
    ...special,
    architecture: 'qwen2moe',
    experts,
    keys: { ...yarn, expert_shared_feed_forward_length: u32(96) },
  },
  'tiny-qwen3': { ...wideHeads, architecture: 'qwen3', keys: yarn },
  'tiny-qwen3vl': {
    ...wideHeads,
    architecture: 'qwen3vl',
    // Rotary sections that include all pairs: llama.cpp does not rotate pairs outside the sections.
    keys: { ...yarn, 'rope.dimension_sections': u32s(11, 11, 10, 0) },
  },
  'tiny-qwen3moe': { ...wideHeads, architecture: 'qwen3moe', experts, keys: yarn },
  'tiny-qwen3vlmoe': {
    ...wideHeads,
    architecture: 'qwen3vlmoe',
    experts,
    keys: { ...yarn, 'rope.dimension_sections': u32s(11, 11, 10, 0) },
  },
  // Three layers with a delta net, in which four value heads share two key heads, then a layer with attention.
  'tiny-qwen35': { ...special, architecture: 'qwen35', ropeDimensions: 16, keys: { ...yarn, ...deltaNet } },
  'tiny-qwen35moe': {
    ...special,
    architecture: 'qwen35moe',
    experts,
    ropeDimensions: 16,
    keys: { ...yarn, ...deltaNet, expert_shared_feed_forward_length: u32(96) },
  },
  'tiny-qwen3next': {
    ...special,
    architecture: 'qwen3next',
    experts,
    ropeDimensions: 16,
    keys: { ...yarn, ...deltaNet, expert_shared_feed_forward_length: u32(96) },
  },
  'tiny-seed_oss': { ...wideHeads, architecture: 'seed_oss', keys: yarn },
  'tiny-smollm3': { ...wideHeads, architecture: 'smollm3', keys: yarn },
  'tiny-starcoder2': { ...special, architecture: 'starcoder2', norm: 'layer', keys: yarn },
} as const satisfies Record<string, SynthShape>;
