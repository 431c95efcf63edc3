// Llama: Touvron et al. 2023, arXiv:2302.13971; grouped heads since arXiv:2307.09288. Also Mistral and all other models
// without experts that GGUF files call `llama`. Any matrix of a layer may have a bias.
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases } from './blocks/feed-forward.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Llama family. */
export const llama = decoder({
  name: 'llama',
  readConfig: (gguf) => readTransformer(gguf, 'llama', { rope: 'interleaved' }).config,
  tensors: (t) => ({ ...preNormTensors(t, { outBias: 'optional' }), ...feedForwardBiases(t) }),
  encode: preNormLayer,
});
