// Granite 4 with Mamba-2: as Granite, but layers without heads of keys have a Mamba-2 in place of attention.
import type { Gguf } from '@rondo/gguf';
import type { LayerSpec, ModelConfig } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases, gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { mamba, mambaTensors } from './blocks/mamba.ts';
import { mixing, mixingTensors, type MixingKind } from './blocks/mixing.ts';
import { readGranite } from './config/granite.ts';
import { mambaLayer, readMamba } from './config/mamba.ts';

const kind: MixingKind = {
  attention: { outBias: 'optional' },
  recurrent: { tensors: mambaTensors, encode: mamba },
};

function readConfig(gguf: Gguf): ModelConfig {
  const { keys, config } = readGranite(gguf, 'granitehybrid', true);
  const net = readMamba(keys);
  return {
    ...config,
    layers: config.layers.map((layer): LayerSpec =>
      layer.kvHeads > 0 ? layer : mambaLayer(net, layer.feedForwardWidth),
    ),
  };
}

/** The dense models of the family. */
export const graniteHybrid = decoder({
  name: 'granitehybrid',
  readConfig,
  tensors: (t) => ({ ...mixingTensors(t, kind), ...gatedTensors(t), ...feedForwardBiases(t) }),
  encode(code, w, x) {
    const y = mixing(code, w, x, kind);
    return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
  },
});
