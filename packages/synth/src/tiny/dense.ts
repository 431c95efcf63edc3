// Tiny shapes of the architectures whose layers all have attention and one feed-forward network.
import { f32, u32, u32s } from '@rondo/gguf';
import type { SynthShape } from '../shape.ts';
import { plain, special, wideHeads, window, yarn, graniteScales, linear, gemma4 } from './parts.ts';

/** Shapes by name. */
export const denseShapes = {
  tiny: plain,
  'tiny-cohere2': {
    ...special,
    architecture: 'cohere2',
    norm: 'layer',
    tied: true,
    keys: { ...linear, 'attention.sliding_window': window, logit_scale: f32(0.25) },
    ropeDimensions: 16,
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
  'tiny-glm4': { ...wideHeads, architecture: 'glm4', keys: yarn, ropeDimensions: 32 },
  'tiny-gpt2': { ...special, architecture: 'gpt2', norm: 'layer', kvHeads: 4, ropeBase: undefined },
  'tiny-granite': {
    ...wideHeads,
    architecture: 'granite',
    keys: { ...yarn, ...graniteScales },
    ropeDivisors: 'all',
  },
  'tiny-hunyuan-dense': { ...wideHeads, architecture: 'hunyuan-dense', keys: yarn },
  'tiny-llama': { ...wideHeads, architecture: 'llama', keys: yarn, ropeDivisors: 'all' },
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
  'tiny-olmo2': {
    ...special,
    architecture: 'olmo2',
    keys: { ...yarn, 'attention.sliding_window': window },
  },
  'tiny-phi3': {
    ...special,
    architecture: 'phi3',
    ropeDimensions: 24,
    ropeDivisors: 'long and short',
    keys: { 'rope.scaling.original_context_length': u32(32), 'rope.scaling.attn_factor': f32(1.2) },
  },
  'tiny-qwen2': { ...special, architecture: 'qwen2', keys: yarn },
  'tiny-qwen3': { ...wideHeads, architecture: 'qwen3', keys: yarn },
  'tiny-qwen3vl': {
    ...wideHeads,
    architecture: 'qwen3vl',
    // Rotary sections that include all pairs: llama.cpp does not rotate pairs outside the sections.
    keys: { ...yarn, 'rope.dimension_sections': u32s(11, 11, 10, 0) },
  },
  'tiny-seed_oss': { ...wideHeads, architecture: 'seed_oss', keys: yarn },
  'tiny-smollm3': { ...wideHeads, architecture: 'smollm3', keys: yarn },
  'tiny-starcoder2': { ...special, architecture: 'starcoder2', norm: 'layer', keys: yarn },
} as const satisfies Record<string, SynthShape>;
