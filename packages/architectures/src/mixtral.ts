// Mixtral: Jiang et al. 2024, arXiv:2401.04088. Llama whose feed-forward networks are experts among which a router chooses;
// GGUF files call it `llama` too, and give their number.
import type { Architecture } from './architecture.ts';
import { attentionTensors, encodeAttention } from './blocks/attention.ts';
import { encodeFeedForward } from './blocks/feed-forward.ts';
import { layerTensor } from './blocks/layer-tensor.ts';
import { llama } from './llama.ts';

/** The Mixtral family. */
export const mixtral: Architecture = {
  name: llama.name,
  readConfig: llama.readConfig,

  layerTensors(config, layer) {
    return {
      ...attentionTensors(config, layer),
      ffnNorm: layerTensor(layer, 'ffn_norm', config.width),
      router: layerTensor(layer, 'ffn_gate_inp', config.experts, config.width),
    };
  },

  outputTensors: llama.outputTensors,
  encodeLayer: encodeAttention,
  encodeOutput: llama.encodeOutput,

  experts: {
    tensors({ experts, feedForwardWidth, width }, layer) {
      return {
        gate: layerTensor(layer, 'ffn_gate_exps', experts, feedForwardWidth, width),
        up: layerTensor(layer, 'ffn_up_exps', experts, feedForwardWidth, width),
        down: layerTensor(layer, 'ffn_down_exps', experts, width, feedForwardWidth),
      };
    },

    encodeRouter({ epsilon }, e, w, y) {
      const input = e.rmsNorm(y, w.ffnNorm, epsilon);
      return { input, scores: e.matmul(w.router, input) };
    },

    encodeExpert: encodeFeedForward,
  },
};
