// gpt-oss: OpenAI 2025, arXiv:2508.10925. Experts in all layers, a window in every other layer, a sink for each head, and
// biases everywhere. Layers with and without a window are rotated alike, YaRN included.
import type { Architecture } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward } from './blocks/feed-forward.ts';
import { required } from './blocks/layer-code.ts';
import { layerTensors } from './blocks/layer-tensors.ts';
import {
  expertBiases,
  expertTensors,
  gatedExperts,
  mixtureLayer,
  mixtureTensors,
  type MixtureKind,
} from './blocks/mixture.ts';
import { ropeOf } from './config/rope.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

const kind: MixtureKind = {
  sinks: true,
  outBias: 'required',
  feedForwardNorm: 'post_attention_norm',
};

/** The gpt-oss family. */
export const gptOss: Architecture = {
  ...decoder({
    name: 'gpt-oss',
    readConfig(gguf) {
      const { keys, config, rope } = readTransformer(gguf, 'gpt-oss', { rope: 'halves' });
      const windowRope = rope && ropeOf({ ...rope, base: keys.positive('rope.freq_base_swa', rope.base) });
      return withWindows(config, keys, { period: 2, required: true }, (layer, isWindowed) =>
        isWindowed ? { ...layer, rope: windowRope } : layer,
      );
    },
    tensors: (t) => ({
      ...mixtureTensors(t, kind),
      scoresBias: t.bias('ffn_gate_inp', t.config.experts),
    }),
    encode: (code, w, x) => mixtureLayer(code, w, x, kind),
  }),
  experts: {
    tensors(config, index, file) {
      const t = layerTensors(config, index, file);
      return { ...expertTensors(t), ...expertBiases(t) };
    },
    encodeRouter(config, e, w, y) {
      const { input, scores } = gatedExperts.encodeRouter(config, e, w, y);
      return { input, scores: e.addRow(scores, required(w, 'scoresBias')) };
    },
    encodeExpert: (e, w, input, scales) => gatedFeedForward({ e, scales }, w, input, 'swigluOai'),
  },
};
