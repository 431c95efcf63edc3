// GPT-2: Radford et al. 2019, Language Models are Unsupervised Multitask Learners. Positions are learned, and nothing rotates.
import { decoder } from './blocks/decoder.ts';
import { layerNormLayer, layerNormTensors } from './blocks/layer-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The GPT-2 family. */
export const gpt2 = decoder({
  name: 'gpt2',
  outputNorm: 'layer with bias',
  positionTable: 'position_embd.weight',
  readConfig: (gguf) => readTransformer(gguf, 'gpt2', { norm: 'layer' }).config,
  tensors: layerNormTensors,
  encode: layerNormLayer,
});
