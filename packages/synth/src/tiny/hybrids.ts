// Tiny shapes of the architectures in which some layers keep states of a fixed size, with experts and without.
import { f32, u32, u32s } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';
import { special, wideHeads, window, yarn, experts, graniteScales } from './parts.ts';

/** Rotary sections that include all eight pairs: llama.cpp does not rotate pairs outside the sections. */
const deltaNet = {
  'rope.dimension_sections': u32s(3, 3, 2, 0),
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(32),
  'ssm.group_count': u32(2),
  'ssm.time_step_rank': u32(4),
  'ssm.inner_size': u32(128),
};
/** A Mamba-2 with two groups of heads. llama.cpp runs Granite only if its Mamba-2 is twice as wide as the model. */
const mamba = {
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(24),
  'ssm.group_count': u32(2),
  'ssm.time_step_rank': u32(8),
  'ssm.inner_size': u32(256),
};

/** Shapes by name. */
export const hybridShapes = {
  'tiny-granitehybrid': {
    ...wideHeads,
    architecture: 'granitehybrid',
    keys: { ...yarn, ...graniteScales, ...mamba, 'attention.head_count_kv': u32s(0, 2, 0, 1) },
    ropeDivisors: 'all',
  },
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
  // Two short convolutions come before the first layer with attention, and single short convolutions between further layers.
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
} as const satisfies Record<string, SynthShape>;
