// Phi-3: Abdin et al. 2024, arXiv:2404.14219; also Phi-3.5 and Phi-4. As Llama, but one tensor holds the matrices of queries,
// keys and values, and another tensor holds gate and up. For long texts, LongRoPE scales the rotation, arXiv:2402.13753.
import { attentionTensors } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { joinedGatedTensors } from './blocks/feed-forward.ts';
import { preNormLayer } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Phi-3 family. */
export const phi3 = decoder({
  name: 'phi3',
  readConfig(gguf) {
    const { keys, config: read } = readTransformer(gguf, 'phi3', { rope: 'halves' });
    // Phi-3 files have the divisors, but do not name a scaling.
    const config = { ...read, hasLongRope: true };
    const window = keys.integer('attention.sliding_window', { least: 0, most: 1 << 28 }, 0);
    if (window === 0) return config;
    const message = `The model was trained with a window of ${window} positions, which is not used: files do not say which layers have it. llama.cpp does the same.`;
    const warnings = [{ code: 'WINDOW_NOT_USED', message, details: { window } }] as const;
    return { ...config, warnings };
  },
  tensors: (t) => ({
    attnNorm: t.weight('attn_norm', t.config.width),
    ...attentionTensors(t),
    ffnNorm: t.weight('ffn_norm', t.config.width),
    ...joinedGatedTensors(t),
  }),
  encode: preNormLayer,
});
