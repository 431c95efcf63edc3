// Shapes of Qwen2.5, Qwen3 and Qwen3.5, from the published configurations.
import { u32, u32s } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';

const qwen3 = {
  headSize: 128,
  vocabularySize: 151_936,
  contextLength: 40_960,
  ropeBase: 1_000_000,
  epsilon: 1e-6,
} as const;

/** Biases of queries, keys and values. */
export const QKV_BIASES = ['attn_q.bias', 'attn_k.bias', 'attn_v.bias'];
const qwen25 = {
  architecture: 'qwen2',
  contextLength: 32_768,
  ropeBase: 1_000_000,
  epsilon: 1e-6,
  optional: QKV_BIASES,
} as const;
/** The configuration of Qwen3.5 was written from memory; no file of the model was available. */
const qwen35 = {
  architecture: 'qwen35',
  headSize: 256,
  vocabularySize: 248_320,
  contextLength: 262_144,
  ropeBase: 10_000_000,
  ropeDimensions: 64,
  epsilon: 1e-6,
  tied: true,
} as const;
/** A delta net with 16 key heads and `heads` value heads of 128 values each. */
const deltaNet = (heads: number) => ({
  'rope.dimension_sections': u32s(11, 11, 10, 0),
  full_attention_interval: u32(4),
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(128),
  'ssm.group_count': u32(16),
  'ssm.time_step_rank': u32(heads),
  'ssm.inner_size': u32(heads * 128),
});

/** Shapes by name. */
export const qwenShapes = {
  'qwen3-4b': {
    ...qwen3,
    architecture: 'qwen3',
    layers: 36,
    width: 2560,
    heads: 32,
    kvHeads: 8,
    feedForwardWidth: 9728,
    tied: true,
  },
  'qwen3-30b-a3b': {
    ...qwen3,
    architecture: 'qwen3moe',
    layers: 48,
    width: 2048,
    heads: 32,
    kvHeads: 4,
    feedForwardWidth: 6144,
    tied: false,
    experts: { count: 128, used: 8, feedForwardWidth: 768 },
  },
  'qwen2.5-0.5b': {
    ...qwen25,
    layers: 24,
    width: 896,
    heads: 14,
    kvHeads: 2,
    headSize: 64,
    feedForwardWidth: 4864,
    vocabularySize: 151_936,
    tied: true,
  },
  'qwen2.5-7b': {
    ...qwen25,
    layers: 28,
    width: 3584,
    heads: 28,
    kvHeads: 4,
    headSize: 128,
    feedForwardWidth: 18_944,
    vocabularySize: 152_064,
    tied: false,
  },
  'qwen3-0.6b': {
    ...qwen3,
    architecture: 'qwen3',
    layers: 28,
    width: 1024,
    heads: 16,
    kvHeads: 8,
    feedForwardWidth: 3072,
    tied: true,
  },
  'qwen3-8b': {
    ...qwen3,
    architecture: 'qwen3',
    layers: 36,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    feedForwardWidth: 12_288,
    tied: false,
  },
  'qwen3-32b': {
    ...qwen3,
    architecture: 'qwen3',
    layers: 64,
    width: 5120,
    heads: 64,
    kvHeads: 8,
    feedForwardWidth: 25_600,
    tied: false,
  },
  'qwen3-vl-4b': {
    ...qwen3,
    architecture: 'qwen3vl',
    layers: 36,
    width: 2560,
    heads: 32,
    kvHeads: 8,
    feedForwardWidth: 9728,
    contextLength: 262_144,
    ropeBase: 5_000_000,
    tied: true,
    keys: { 'rope.dimension_sections': u32s(24, 20, 20, 0), n_deepstack_layers: u32(3) },
  },
  'qwen3.5-0.8b': {
    ...qwen35,
    layers: 24,
    width: 1024,
    heads: 8,
    kvHeads: 2,
    feedForwardWidth: 3584,
    keys: deltaNet(16),
  },
  'qwen3.5-4b': {
    ...qwen35,
    layers: 32,
    width: 2560,
    heads: 16,
    kvHeads: 4,
    feedForwardWidth: 9216,
    keys: deltaNet(32),
  },
  'qwen3.6-35b-a3b': {
    ...qwen35,
    architecture: 'qwen35moe',
    layers: 40,
    width: 2048,
    heads: 16,
    kvHeads: 2,
    // Every layer has experts.
    feedForwardWidth: 512,
    tied: false,
    experts: { count: 256, used: 8, feedForwardWidth: 512 },
    keys: { ...deltaNet(32), expert_shared_feed_forward_length: u32(512) },
  },
} as const satisfies Record<string, SynthShape>;
