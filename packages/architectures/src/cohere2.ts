// Command R7B and Command A: arXiv:2504.00698. Attention and the feed-forward network both read the output of one norm. Three
// of four layers have a window and rotation.
import { attention, attentionTensors } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { layerNorm } from './blocks/layer-code.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

/** The Cohere 2 family. */
export const cohere2 = decoder({
  name: 'cohere2',
  outputNorm: 'layer',
  readConfig(gguf) {
    const { keys, config } = readTransformer(gguf, 'cohere2', { rope: 'interleaved', norm: 'layer' });
    const windowed = withWindows(config, keys, { period: 4, required: true }, (layer, isWindowed) =>
      isWindowed ? layer : { ...layer, rope: undefined },
    );
    return { ...windowed, logitScale: keys.positive('logit_scale') };
  },
  tensors: (t) => ({
    attnNorm: t.weight('attn_norm', t.config.width),
    ...attentionTensors(t),
    ...gatedTensors(t),
  }),
  encode(code, w, x) {
    const h = layerNorm(code, w, 'attnNorm', x);
    const y = code.e.add(x, attention(code, w, h));
    return code.e.add(y, gatedFeedForward(code, w, h, 'silu'));
  },
});
