// StarCoder2: Lozhkov et al. 2024, arXiv:2402.19173. GPT-2's layer with grouped heads and rotation.
import { decoder } from './blocks/decoder.ts';
import { layerNormLayer, layerNormTensors } from './blocks/layer-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The StarCoder2 family. */
export const starcoder2 = decoder({
  name: 'starcoder2',
  outputNorm: 'layer with bias',
  readConfig: (gguf) => readTransformer(gguf, 'starcoder2', { rope: 'halves', norm: 'layer' }).config,
  tensors: layerNormTensors,
  encode: layerNormLayer,
});
