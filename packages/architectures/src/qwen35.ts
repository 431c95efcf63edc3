// Qwen3.5, Qwen3.6 and Qwen3.8. Three of four layers have a gated delta net, every fourth has attention with normalized queries and
// keys and a gated output.
import { attention, attentionTensors, type AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { alphaBetaTensors, deltaNet, deltaNetInputs, deltaNetTensors } from './blocks/delta-net.ts';
import { gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { withDeltaNets } from './config/delta-net.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { normalized: 'heads', gated: true };

/** The Qwen3.5 family. */
export const qwen35 = decoder({
  name: 'qwen35',
  readConfig(gguf) {
    const { keys, config } = readTransformer(gguf, 'qwen35', { rope: 'halves' });
    return withDeltaNets(config, keys);
  },
  tensors: (t) => ({
    attnNorm: t.weight('attn_norm', t.config.width),
    ...(t.layer.kind === 'recurrent'
      ? { ...deltaNetTensors(t), ...alphaBetaTensors(t) }
      : attentionTensors(t, kind)),
    ffnNorm: t.weight('post_attention_norm', t.config.width),
    ...gatedTensors(t),
  }),
  encode(code, w, x) {
    const h = rmsNorm(code, w, 'attnNorm', x);
    const mixed =
      code.layer.kind === 'recurrent'
        ? deltaNet(code, w, deltaNetInputs(code, w, h), 'rounds')
        : attention(code, w, h, kind);
    const y = residual(code, x, mixed);
    return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
  },
});
