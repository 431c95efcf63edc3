// Llama: Touvron et al. 2023, arXiv:2302.13971; grouped heads since arXiv:2307.09288. Also Mistral and everything else
// that GGUF files call `llama`, but with experts.
import type { Gguf } from '@rondo/gguf';
import type { Architecture, ModelConfig } from './architecture.ts';
import { attentionTensors, encodeAttention, type AttentionRole } from './blocks/attention.ts';
import { encodeFeedForward, type FeedForwardRole } from './blocks/feed-forward.ts';
import { layerTensor } from './blocks/layer-tensor.ts';
import { readTransformerConfig } from './config/transformer.ts';

type LayerRole = AttentionRole | 'ffnNorm' | FeedForwardRole;
type OutputRole = 'norm' | 'output';

/** The Llama family. */
export const llama: Architecture<LayerRole, OutputRole> = {
  name: 'llama',

  readConfig: (gguf: Gguf): ModelConfig => readTransformerConfig(gguf, 'llama', 'interleaved'),

  layerTensors(config, layer) {
    const { width, feedForwardWidth } = config;
    return {
      ...attentionTensors(config, layer),
      ffnNorm: layerTensor(layer, 'ffn_norm', width),
      gate: layerTensor(layer, 'ffn_gate', feedForwardWidth, width),
      up: layerTensor(layer, 'ffn_up', feedForwardWidth, width),
      down: layerTensor(layer, 'ffn_down', width, feedForwardWidth),
    };
  },

  outputTensors: ({ width, vocabularySize }, tied) => ({
    norm: { name: 'output_norm.weight', shape: [width] },
    output: { name: tied ? 'token_embd.weight' : 'output.weight', shape: [vocabularySize, width] },
  }),

  encodeLayer(config, e, w, x, place) {
    const y = encodeAttention(config, e, w, x, place);
    return e.add(y, encodeFeedForward(e, w, e.rmsNorm(y, w.ffnNorm, config.epsilon)));
  },

  encodeOutput: ({ epsilon }, e, w, x) => e.matmul(w.output, e.rmsNorm(x, w.norm, epsilon)),
};
