// Qwen3 with experts: Yang et al. 2025, arXiv:2505.09388; also Qwen3-Coder, and the text part of Qwen3-VL with experts.
import type { Architecture } from './architecture.ts';
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedExperts, mixtureLayer, mixtureTensors } from './blocks/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { normalized: 'heads' };

const family = (name: string): Architecture => ({
  ...decoder({
    name,
    readConfig: (gguf) => readTransformer(gguf, name, { rope: 'halves' }).config,
    tensors: (t) => mixtureTensors(t, kind),
    encode: (code, w, x) => mixtureLayer(code, w, x, kind),
  }),
  experts: gatedExperts,
});

/** Qwen3 with experts. */
export const qwen3moe = family('qwen3moe');
/** The text part of Qwen3-VL with experts. */
export const qwen3vlmoe = family('qwen3vlmoe');
