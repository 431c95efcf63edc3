// Qwen2: Yang et al. 2024, arXiv:2407.10671. As Llama, but with biases of queries, keys and values. Also Qwen2.5, QwQ, and
// models distilled into these models.
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Qwen2 family. */
export const qwen2 = decoder({
  name: 'qwen2',
  readConfig: (gguf) => readTransformer(gguf, 'qwen2', { rope: 'halves' }).config,
  outputBias: true,
  tensors: (t) => preNormTensors(t),
  encode: preNormLayer,
});
