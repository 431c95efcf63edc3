// OLMo 2: arXiv:2501.00656. Norms come after the branches. Queries and keys are normalized over all heads together. OLMo 3
// has the same name. Most of its layers have a window, and the rotation of these layers is not scaled for longer texts.
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { postNormLayer, postNormTensors } from './blocks/post-norm-layer.ts';
import { ropeOf } from './config/rope.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

const kind: AttentionKind = { normalized: 'width' };

/** The OLMo 2 family. */
export const olmo2 = decoder({
  name: 'olmo2',
  readConfig(gguf) {
    const { keys, config, rope } = readTransformer(gguf, 'olmo2', { rope: 'halves' });
    const windowRope =
      rope &&
      ropeOf({
        ...rope,
        base: keys.positive('rope.freq_base_swa', rope.base),
        factor: 1,
        yarn: undefined,
        magnitude: 1,
      });
    return withWindows(config, keys, { period: 4 }, (layer, isWindowed) =>
      isWindowed ? { ...layer, rope: windowRope } : layer,
    );
  },
  tensors: (t) => postNormTensors(t, kind),
  encode: (code, w, x) => postNormLayer(code, w, x, kind),
});
