// Qwen3.5, Qwen3.6 and Qwen3.8, dense and with experts. Three of four layers have a gated delta net. Every fourth layer has
// attention with normalized queries and keys and a gated output.
import { decoder } from './blocks/decoder.ts';
import { deltaNet, deltaNetInputs, deltaNetTensors } from './blocks/delta-net.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { mixing, mixingTensors, type Block, type MixingKind } from './blocks/mixing.ts';
import { expertsBesideShared, routerTensors, gatedSharedExpertTensors } from './blocks/mixture.ts';
import { withFeedForward } from './blocks/pre-norm-layer.ts';
import { withDeltaNets } from './config/delta-net.ts';
import { withSharedExpert } from './config/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const net: Block = {
  tensors: deltaNetTensors,
  encode: (code, w, h) => deltaNet(code, w, deltaNetInputs(code, w, h), 'rounds'),
};

const kind: MixingKind = {
  attention: { normalized: 'heads', gated: true },
  recurrent: net,
  feedForwardNorm: 'post_attention_norm',
};

/** The dense Qwen3.5 family. */
export const qwen35 = decoder({
  name: 'qwen35',
  mayPredict: true,
  readConfig(gguf, options) {
    const { keys, config } = readTransformer(gguf, 'qwen35', { rope: 'halves', ...options });
    return withDeltaNets(config, keys);
  },
  tensors: (t) => ({ ...mixingTensors(t, kind), ...gatedTensors(t) }),
  encode: (code, w, x) => withFeedForward(code, w, mixing(code, w, x, kind)),
});

/** The Qwen3.5 family with experts. */
export const qwen35moe = {
  ...decoder({
    name: 'qwen35moe',
    mayPredict: true,
    readConfig(gguf, options) {
      const { keys, config } = readTransformer(gguf, 'qwen35moe', { rope: 'halves', ...options });
      return withSharedExpert(withDeltaNets(config, keys), keys);
    },
    tensors: (t) => ({ ...mixingTensors(t, kind), ...routerTensors(t), ...gatedSharedExpertTensors(t) }),
    encode: (code, w, x) => mixing(code, w, x, kind),
  }),
  experts: expertsBesideShared({ mayJoin: true }),
};
