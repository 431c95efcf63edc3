// Granite 3 and the dense models of Granite 4. As Llama, with four scales: of embeddings, attention scores, results of
// branches, and logits.
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases } from './blocks/feed-forward.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readGranite } from './config/granite.ts';

/** The Granite family. */
export const granite = decoder({
  name: 'granite',
  readConfig(gguf) {
    const { keys, config } = readGranite(gguf, 'granite');
    // Only the hybrid family may be without this scale.
    keys.positive('logit_scale');
    return config;
  },
  tensors: (t) => ({ ...preNormTensors(t, { outBias: 'optional' }), ...feedForwardBiases(t) }),
  encode: preNormLayer,
});
