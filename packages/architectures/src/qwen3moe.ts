// Qwen3 with experts: Yang et al. 2025, arXiv:2505.09388; also Qwen3-Coder, and the text part of Qwen3-VL with experts.
import type { Architecture } from './architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { gatedExperts, routerTensors } from './blocks/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { normalized: 'heads' };

const family = (name: string): Architecture => ({
  ...decoder({
    name,
    readConfig: (gguf) => readTransformer(gguf, name, { rope: 'halves' }).config,
    tensors: (t) => ({
      attnNorm: t.weight('attn_norm', t.config.width),
      ...attentionTensors(t, kind),
      ...routerTensors(t),
    }),
    encode: (code, w, x) => residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind)),
  }),
  experts: gatedExperts,
});

/** Qwen3 with experts. */
export const qwen3moe = family('qwen3moe');
/** The text part of Qwen3-VL with experts. */
export const qwen3vlmoe = family('qwen3vlmoe');
