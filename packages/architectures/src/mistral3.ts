// Ministral 3 and Devstral Small 2. As Llama, but attention scores grow with the position, as in Llama 4, so that attention
// stays sharp in long texts.
import { RondoError } from '@rondo/errors';
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases } from './blocks/feed-forward.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The Mistral 3 family. */
export const mistral3 = decoder({
  name: 'mistral3',
  readConfig(gguf) {
    const { keys, config, rope } = readTransformer(gguf, 'mistral3', { rope: 'interleaved' });
    const scale = keys.findPositive('attention.temperature_scale');
    if (scale === undefined || !rope) return config;
    if (rope.dimensions !== rope.headSize) {
      throw new RondoError(
        'UNSUPPORTED',
        `mistral3.attention.temperature_scale = ${scale} scales rotated values; heads of ${rope.headSize} values of which ${rope.dimensions} are rotated are not supported with it.`,
        { details: { key: 'mistral3.attention.temperature_scale', found: scale } },
      );
    }
    const temperature = { scale, length: config.originalContextLength };
    const [first] = config.layers;
    const queryRope = first?.rope && { ...first.rope, temperature };
    return { ...config, layers: config.layers.map((layer) => ({ ...layer, queryRope })) };
  },
  tensors: (t) => ({ ...preNormTensors(t, { outBias: 'optional' }), ...feedForwardBiases(t) }),
  encode: preNormLayer,
});
