// ERNIE 4.5 (dense). As Llama; only the attention may have biases.
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The dense ERNIE 4.5 family. */
export const ernie45 = decoder({
  name: 'ernie4_5',
  readConfig: (gguf) => readTransformer(gguf, 'ernie4_5', { rope: 'interleaved' }).config,
  tensors: (t) => preNormTensors(t, { outBias: 'optional' }),
  encode: preNormLayer,
});
