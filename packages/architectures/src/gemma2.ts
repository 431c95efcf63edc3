// Gemma 2: arXiv:2408.00118. Norms before and after each branch; soft caps of scores and logits; a window in every other
// layer.
import { decoder } from './blocks/decoder.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { sandwichLayer, sandwichTensors } from './blocks/sandwich-layer.ts';
import { gemmaScales } from './config/gemma.ts';
import { ropeOf } from './config/rope.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

/** Number of layers of the model with 27 billion parameters. That model scales the attention scores differently. */
const LAYERS_OF_27B = 46;

/** The Gemma 2 family. */
export const gemma2 = decoder({
  name: 'gemma2',
  readConfig(gguf) {
    const { keys, config, rope } = readTransformer(gguf, 'gemma2', { rope: 'halves' });
    const windowRope = rope && ropeOf({ ...rope, base: keys.positive('rope.freq_base_swa', rope.base) });
    return {
      ...withWindows(
        gemmaScales(config, LAYERS_OF_27B),
        keys,
        { period: 2, size: 4096 },
        (layer, isWindowed) => (isWindowed ? { ...layer, rope: windowRope } : layer),
      ),
      attentionSoftcap: keys.findPositive('attn_logit_softcapping') ?? 50,
      logitSoftcap: keys.findPositive('final_logit_softcapping') ?? 30,
    };
  },
  tensors: (t) => ({ ...sandwichTensors(t), ...gatedTensors(t) }),
  encode: (code, w, x) => sandwichLayer(code, w, x, { activation: 'gelu' }),
});
