// Seed-OSS. As Llama, with biases, and with another name for the norm before the feed-forward network.
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Seed-OSS family. */
export const seedOss = decoder({
  name: 'seed_oss',
  readConfig: (gguf) => readTransformer(gguf, 'seed_oss', { rope: 'halves' }).config,
  tensors: (t) => preNormTensors(t, { feedForwardNorm: 'post_attention_norm' }),
  encode: preNormLayer,
});
