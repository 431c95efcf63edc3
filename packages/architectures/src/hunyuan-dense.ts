// Hunyuan (dense). As Llama, but queries and keys are normalized after the rotation, each head on its own.
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { normalized: 'heads', normalizedLast: true };

/** The dense Hunyuan family. */
export const hunyuanDense = decoder({
  name: 'hunyuan-dense',
  readConfig: (gguf) => readTransformer(gguf, 'hunyuan-dense', { rope: 'halves' }).config,
  tensors: (t) => preNormTensors(t, kind),
  encode: (code, w, x) => preNormLayer(code, w, x, kind),
});
