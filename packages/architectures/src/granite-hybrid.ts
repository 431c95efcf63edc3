// Granite 4 with Mamba-2: as Granite, but layers without heads of keys have a Mamba-2 in place of attention.
import type { Gguf } from '@rondo/gguf';
import type { Architecture, LayerSpec } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { feedForwardBiases, gatedTensors } from './blocks/feed-forward.ts';
import { mamba, mambaTensors } from './blocks/mamba.ts';
import { mixing, mixingTensors, type MixingKind } from './blocks/mixing.ts';
import { expertsBesideShared, routerTensors, sharedExpertTensors } from './blocks/mixture.ts';
import { withFeedForward } from './blocks/pre-norm-layer.ts';
import { mambaLayer } from './config/mamba.ts';
import { readRecurrence } from './config/recurrence.ts';
import { readGranite } from './granite.ts';
import { withGraniteExperts } from './granitemoe.ts';

const kind: MixingKind = {
  attention: { outBias: 'optional' },
  recurrent: { tensors: mambaTensors, encode: mamba },
};

function readHybrid(gguf: Gguf) {
  const { keys, config } = readGranite(gguf, 'granitehybrid', { isHybrid: true });
  const net = readRecurrence(keys);
  const mixed = (layer: (typeof config.layers)[number]): LayerSpec =>
    layer.kvHeads > 0 ? layer : mambaLayer(net, layer.feedForwardWidth);
  return { keys, config: { ...config, layers: config.layers.map(mixed) } };
}

/** The dense models of the family. */
export const graniteHybrid = decoder({
  name: 'granitehybrid',
  readConfig: (gguf) => readHybrid(gguf).config,
  tensors: (t) => ({ ...mixingTensors(t, kind), ...gatedTensors(t), ...feedForwardBiases(t) }),
  encode: (code, w, x) => withFeedForward(code, w, mixing(code, w, x, kind)),
});

/** The models with experts. A file may also have a shared expert, which all tokens use. */
export const graniteHybridMixture: Architecture = {
  ...decoder({
    name: 'granitehybrid',
    readConfig(gguf) {
      const { keys, config } = readHybrid(gguf);
      return withGraniteExperts(config, keys);
    },
    tensors: (t) => ({ ...mixingTensors(t, kind), ...routerTensors(t), ...sharedExpertTensors(t) }),
    encode: (code, w, x) => mixing(code, w, x, kind),
  }),
  experts: expertsBesideShared(),
};
