// Gemma 3: arXiv:2503.19786. As Gemma 2, but queries and keys are normalized and there are no caps. Five of six layers have a
// window; layers with and without a window have different rotary bases.
import { decoder } from './blocks/decoder.ts';
import type { AttentionKind } from './blocks/attention.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { sandwichLayer, sandwichTensors } from './blocks/sandwich-layer.ts';
import { gemmaScales } from './config/gemma.ts';
import { ropeOf, unstretched } from './config/rope.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

/** Number of layers of the model with 27 billion parameters. That model scales the attention scores differently. */
const LAYERS_OF_27B = 62;

const kind: AttentionKind = { normalized: 'heads' };

/** The Gemma 3 family. */
export const gemma3 = decoder({
  name: 'gemma3',
  readConfig(gguf) {
    const { keys, config, rope } = readTransformer(gguf, 'gemma3', { rope: 'halves' });
    const base = keys.positive('rope.freq_base_swa', 10_000);
    // The rotation of layers with a window is never scaled for longer texts.
    const windowRope = rope && ropeOf(unstretched(rope, base));
    return {
      ...withWindows(gemmaScales(config, LAYERS_OF_27B), keys, { period: 6 }, (layer, isWindowed) =>
        isWindowed ? { ...layer, rope: windowRope } : layer,
      ),
      logitSoftcap: keys.findPositive('final_logit_softcapping'),
    };
  },
  tensors: (t) => ({ ...sandwichTensors(t, kind), ...gatedTensors(t) }),
  encode: (code, w, x) => sandwichLayer(code, w, x, { ...kind, activation: 'gelu' }),
});
