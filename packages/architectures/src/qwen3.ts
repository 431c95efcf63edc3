// Qwen3: Yang et al. 2025, arXiv:2505.09388. As Llama, but queries and keys are normalized, each head on its own. Also the
// text part of Qwen3-VL: as long as all tokens are text, its rotation in three dimensions equals the rotation of Qwen3.
import type { Architecture } from './architecture.ts';
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { normalized: 'heads' };

const family = (name: string): Architecture =>
  decoder({
    name,
    readConfig: (gguf) => readTransformer(gguf, name, { rope: 'halves' }).config,
    tensors: (t) => preNormTensors(t, kind),
    encode: (code, w, x) => preNormLayer(code, w, x, kind),
  });

/** The Qwen3 family. */
export const qwen3 = family('qwen3');
/** The text part of Qwen3-VL. */
export const qwen3vl = family('qwen3vl');
