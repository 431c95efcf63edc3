// Mixtral: Jiang et al. 2024, arXiv:2401.04088. Llama whose feed-forward networks are experts among which a router chooses;
// GGUF files call it `llama` too, and give their number.
import type { Architecture } from './architecture.ts';
import { attention, attentionTensors } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward } from './blocks/feed-forward.ts';
import { required, residual, rmsNorm } from './blocks/layer-code.ts';
import { layerTensors } from './blocks/layer-tensors.ts';
import { llama } from './llama.ts';

const every = { has: () => true };

/** The Mixtral family. */
export const mixtral: Architecture = {
  ...decoder({
    name: llama.name,
    readConfig: llama.readConfig,
    tensors: (t) => ({
      attnNorm: t.weight('attn_norm', t.config.width),
      ...attentionTensors(t, { outBias: 'optional' }),
      ffnNorm: t.weight('ffn_norm', t.config.width),
      router: t.weight('ffn_gate_inp', t.config.experts, t.config.width),
    }),
    encode: (code, w, x) => residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x))),
  }),
  experts: {
    tensors(config, index) {
      const t = layerTensors(config, index, every);
      const { experts, width } = config;
      const { feedForwardWidth } = t.layer;
      return {
        gate: t.weight('ffn_gate_exps', experts, feedForwardWidth, width),
        up: t.weight('ffn_up_exps', experts, feedForwardWidth, width),
        down: t.weight('ffn_down_exps', experts, width, feedForwardWidth),
      };
    },
    encodeRouter(config, e, w, y) {
      const input = rmsNorm({ e, config }, w, 'ffnNorm', y);
      return { input, scores: e.matmul(required(w, 'router'), input) };
    },
    encodeExpert: (e, w, input) => gatedFeedForward({ e }, w, input, 'silu'),
  },
};
