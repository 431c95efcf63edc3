// SmolLM3. As Llama, but every fourth layer has no rotation (NoPE, Kazemnejad et al. 2023, arXiv:2305.19466).
import { decoder } from './blocks/decoder.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';

/** The last of every `PERIOD` layers does not rotate. */
const PERIOD = 4;

/** SmolLM3. */
export const smollm3 = decoder({
  name: 'smollm3',
  readConfig(gguf) {
    const { config } = readTransformer(gguf, 'smollm3', { rope: 'interleaved' });
    const layers = config.layers.map((layer, index) =>
      (index + 1) % PERIOD === 0 ? { ...layer, rope: undefined } : layer,
    );
    return { ...config, layers };
  },
  tensors: (t) => preNormTensors(t),
  encode: preNormLayer,
});
