// Nemotron-H and Nemotron 3: NVIDIA 2025, arXiv:2504.03624. A layer is a norm and one block: a Mamba-2, attention without
// rotation, or a feed-forward network with two matrices.
import type { Gguf } from '@rondo/gguf';
import type { AttentionLayer, LayerSpec, ModelConfig } from './architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases, plainFeedForward, plainTensors } from './blocks/feed-forward.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { mamba, mambaTensors } from './blocks/mamba.ts';
import type { Block } from './blocks/mixing.ts';
import { mambaLayer, readMamba } from './config/mamba.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { outBias: 'optional' };

const blocks: Readonly<Record<LayerSpec['kind'], Block>> = {
  attention: {
    tensors: (t) => attentionTensors(t, kind),
    encode: (code, w, h) => attention(code, w, h, kind),
  },
  recurrent: { tensors: mambaTensors, encode: mamba },
  feedForward: {
    tensors(t) {
      const { gateBias, ...biases } = feedForwardBiases(t);
      return { ...plainTensors(t), ...biases };
    },
    encode: (code, w, h) => plainFeedForward(code, w, h, 'relu2'),
  },
};

function readConfig(gguf: Gguf): ModelConfig {
  const hasRmsKey = gguf.metadata.has('nemotron_h.attention.layer_norm_rms_epsilon');
  const { keys, config } = readTransformer(gguf, 'nemotron_h', {
    norm: hasRmsKey ? 'rms' : 'layer',
    mayLackAttention: true,
    mayLackFeedForward: true,
  });
  const net = readMamba(keys);
  const blockOf = (layer: AttentionLayer): LayerSpec => {
    const { feedForwardWidth, kvHeads } = layer;
    if (feedForwardWidth > 0) return { kind: 'feedForward', feedForwardWidth };
    return kvHeads > 0 ? layer : mambaLayer(net, 0);
  };
  return { ...config, layers: config.layers.map(blockOf) };
}

/** The dense models of the family. */
export const nemotronH = decoder({
  name: 'nemotron_h',
  readConfig,
  tensors: (t) => ({ attnNorm: t.weight('attn_norm', t.config.width), ...blocks[t.layer.kind].tensors(t) }),
  encode: (code, w, x) =>
    residual(code, x, blocks[code.layer.kind].encode(code, w, rmsNorm(code, w, 'attnNorm', x))),
});
