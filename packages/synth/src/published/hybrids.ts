// Shapes of models in which most layers have no attention: LFM2, Granite 4 and Nemotron. The numbers of the published
// configurations were written from memory; no file of these models was available.
import { f32, u32, u32s, type MetadataValue } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';

const bool = (value: boolean): MetadataValue => ({ type: 'bool', value });

/** A number for each of `layers` layers: `count` in the layers with attention, 0 in the other layers. */
const inLayers = (layers: number, attention: readonly number[], count: number): MetadataValue =>
  u32s(...Array.from({ length: layers }, (_, layer) => (attention.includes(layer) ? count : 0)));

/** A number for each letter of a pattern of layers: `count` for `letter`, 0 for the other letters. */
const byPattern = (pattern: string, letter: string, count: number): MetadataValue =>
  u32s(...Array.from(pattern, (one) => (one === letter ? count : 0)));

const mamba = (heads: number, headSize: number, groups: number) => ({
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(128),
  'ssm.group_count': u32(groups),
  'ssm.time_step_rank': u32(heads),
  'ssm.inner_size': u32(heads * headSize),
});

const lfm2 = {
  width: 2048,
  heads: 32,
  kvHeads: 8,
  headSize: 64,
  vocabularySize: 65_536,
  contextLength: 128_000,
  ropeBase: 1_000_000,
  epsilon: 1e-5,
  tied: true,
} as const;

const granite = {
  architecture: 'granitehybrid',
  layers: 40,
  vocabularySize: 100_352,
  contextLength: 131_072,
  ropeBase: 10_000,
  epsilon: 1e-5,
  tied: true,
  optional: ['ssm_conv1d.bias'],
} as const;
const graniteAttention = [5, 15, 25, 35];
const graniteKeys = (logitScale: number, attentionScale: number) => ({
  'rope.scaling.finetuned': bool(false),
  embedding_scale: f32(12),
  residual_scale: f32(0.22),
  logit_scale: f32(logitScale),
  'attention.scale': f32(attentionScale),
});

/** M: Mamba-2, *: attention, -: feed-forward network, E: experts. */
const nano9b = 'M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-';
const nano30b = 'MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME';
const nemotron = {
  norm: 'layer',
  headSize: 128,
  vocabularySize: 131_072,
  epsilon: 1e-5,
  tied: false,
  optional: ['ssm_conv1d.bias'],
} as const;

/** Shapes by name. */
export const hybridShapes = {
  'lfm2-1.2b': {
    ...lfm2,
    architecture: 'lfm2',
    layers: 16,
    feedForwardWidth: 8192,
    keys: {
      'attention.head_count_kv': inLayers(16, [2, 5, 8, 10, 12, 14], 8),
      'shortconv.l_cache': u32(3),
    },
  },
  'lfm2-8b-a1b': {
    ...lfm2,
    architecture: 'lfm2moe',
    layers: 24,
    feedForwardWidth: 7168,
    experts: { count: 32, used: 4, feedForwardWidth: 1792 },
    keys: {
      'attention.head_count_kv': inLayers(24, [2, 6, 10, 14, 18, 21], 8),
      'shortconv.l_cache': u32(3),
      leading_dense_block_count: u32(2),
      expert_gating_func: u32(2),
    },
  },
  'granite-4.0-h-micro': {
    ...granite,
    width: 2048,
    heads: 32,
    kvHeads: 8,
    headSize: 64,
    feedForwardWidth: 8192,
    keys: {
      ...graniteKeys(8, 1 / 64),
      ...mamba(64, 64, 1),
      'attention.head_count_kv': inLayers(40, graniteAttention, 8),
    },
  },
  'granite-4.0-h-tiny': {
    ...granite,
    width: 1536,
    heads: 12,
    kvHeads: 4,
    headSize: 128,
    feedForwardWidth: 512,
    experts: { count: 64, used: 6, feedForwardWidth: 512 },
    keys: {
      ...graniteKeys(6, 1 / 128),
      ...mamba(48, 64, 1),
      'attention.head_count_kv': inLayers(40, graniteAttention, 4),
      expert_shared_feed_forward_length: u32(1024),
    },
  },
  'nemotron-nano-9b-v2': {
    ...nemotron,
    architecture: 'nemotron_h',
    layers: 56,
    width: 4480,
    heads: 40,
    kvHeads: 8,
    feedForwardWidth: 15_680,
    contextLength: 131_072,
    keys: {
      ...mamba(128, 80, 8),
      'attention.head_count_kv': byPattern(nano9b, '*', 8),
      feed_forward_length: byPattern(nano9b, '-', 15_680),
    },
  },
  'nemotron-3-nano-30b-a3b': {
    ...nemotron,
    architecture: 'nemotron_h_moe',
    layers: 52,
    width: 2688,
    heads: 32,
    kvHeads: 2,
    feedForwardWidth: 1856,
    contextLength: 262_144,
    experts: { count: 128, used: 6, feedForwardWidth: 1856 },
    keys: {
      ...mamba(64, 64, 8),
      'attention.head_count_kv': byPattern(nano30b, '*', 2),
      feed_forward_length: byPattern(nano30b, 'E', 1856),
      expert_shared_feed_forward_length: u32(3712),
      expert_weights_norm: bool(true),
      expert_weights_scale: f32(2.5),
    },
  },
} as const satisfies Record<string, SynthShape>;
