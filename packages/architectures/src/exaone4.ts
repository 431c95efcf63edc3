// EXAONE 4: arXiv:2507.11407. Norms come after the branches. Queries and keys are normalized, each head on its own. In the
// large model three of four layers have a window, and only these layers rotate.
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { postNormLayer, postNormTensors } from './blocks/post-norm-layer.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

/** Number of layers of the large model, the only model with windows. Source: llama.cpp, `exaone4.cpp`. */
const LAYERS_OF_32B = 64;

const kind: AttentionKind = { normalized: 'heads' };

/** The EXAONE 4 family. */
export const exaone4 = decoder({
  name: 'exaone4',
  readConfig(gguf) {
    const { keys, config } = readTransformer(gguf, 'exaone4', { rope: 'halves' });
    if (config.layers.length !== LAYERS_OF_32B) return config;
    return withWindows(config, keys, { period: 4, size: 4096, required: true }, (layer, isWindowed) =>
      isWindowed ? layer : { ...layer, rope: undefined },
    );
  },
  tensors: (t) => postNormTensors(t, kind),
  encode: (code, w, x) => postNormLayer(code, w, x, kind),
});
