// Tiny shapes of the architectures with experts whose layers all have attention.
import { f32, u32, u32s } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';
import { plain, special, wideHeads, window, yarn, experts, gemma4 } from './parts.ts';

/** Shapes by name. */
export const mixtureShapes = {
  'tiny-experts': {
    ...plain,
    feedForwardWidth: 256,
    experts: { count: 8, used: 2, feedForwardWidth: 256 },
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
  'tiny-gemma4-experts': {
    ...gemma4,
    experts: { count: 8, used: 3, feedForwardWidth: 64 },
    optional: [...gemma4.optional, 'ffn_gate_up_exps.weight', 'ffn_down_exps.scale'],
  },
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
  'tiny-gpt-oss': {
    ...wideHeads,
    architecture: 'gpt-oss',
    experts,
    keys: { ...yarn, 'attention.sliding_window': window, 'rope.freq_base_swa': f32(500) },
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
  'tiny-minimax-m2': {
    ...wideHeads,
    architecture: 'minimax-m2',
    experts,
    feedForwardWidth: experts.feedForwardWidth,
    ropeDimensions: 32,
    keys: { ...yarn, expert_gating_func: u32(2) },
  },
  // llama.cpp needs a norm of keys for as many heads as queries have.
  'tiny-olmoe': {
    ...special,
    architecture: 'olmoe',
    kvHeads: 4,
    experts,
    feedForwardWidth: experts.feedForwardWidth,
    keys: yarn,
  },
  'tiny-qwen2moe': {
    ...special,
    architecture: 'qwen2moe',
    experts,
    keys: { ...yarn, expert_shared_feed_forward_length: u32(96) },
  },
  'tiny-qwen3moe': { ...wideHeads, architecture: 'qwen3moe', experts, keys: yarn },
  'tiny-qwen3vlmoe': {
    ...wideHeads,
    architecture: 'qwen3vlmoe',
    experts,
    keys: { ...yarn, 'rope.dimension_sections': u32s(11, 11, 10, 0) },
  },
} as const satisfies Record<string, SynthShape>;
