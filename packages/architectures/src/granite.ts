// Granite 3 and the dense models of Granite 4. As Llama, with four scales: of embeddings, attention scores, results of
// branches, and logits.
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases } from './blocks/feed-forward.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Granite family. */
export const granite = decoder({
  name: 'granite',
  readConfig(gguf) {
    const { keys, config } = readTransformer(gguf, 'granite', { rope: 'interleaved' });
    const rotates = keys.findBoolean('rope.scaling.finetuned') ?? true;
    return {
      ...config,
      layers: rotates ? config.layers : config.layers.map((layer) => ({ ...layer, rope: undefined })),
      embeddingScale: keys.findPositive('embedding_scale') ?? 1,
      residualScale: keys.findPositive('residual_scale') ?? 1,
      logitScale: 1 / keys.positive('logit_scale'),
    };
  },
  tensors: (t) => ({ ...preNormTensors(t, { outBias: 'optional' }), ...feedForwardBiases(t) }),
  encode: preNormLayer,
});
