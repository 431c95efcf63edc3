// LFM2: Liquid AI 2025, arXiv:2511.23404. Layers without heads of keys have a short convolution, the other layers have
// attention with normalized queries and keys.
import type { Gguf } from '@rondo/gguf';
import type { Tensor } from '@rondo/tensor';
import type { Architecture, ModelConfig, Tensors, Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { residual, rmsNorm, type LayerCode } from './blocks/layer-code.ts';
import type { LayerTensors } from './blocks/layer-tensors.ts';
import { mixing, mixingTensors, type MixingKind } from './blocks/mixing.ts';
import { gatedExperts, routerTensors } from './blocks/mixture.ts';
import { shortConvolution, shortConvolutionTensors } from './blocks/short-convolution.ts';
import type { Metadata } from './config/metadata.ts';
import { withLeadingDense } from './config/mixture.ts';
import { withShortConvolutions } from './config/short-convolution.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

const kind: MixingKind = {
  attention: { normalized: 'heads' },
  recurrent: { tensors: shortConvolutionTensors, encode: shortConvolution },
};

function readLfm2(gguf: Gguf, name: string): { keys: Metadata; config: ModelConfig } {
  const { keys, config } = readTransformer(gguf, name, { rope: 'halves', mayLackAttention: true });
  return { keys, config: withShortConvolutions(withWindows(config, keys, { period: 0 }), keys) };
}

const outputNormName = 'token_embd_norm';
const denseTensors = (t: LayerTensors): Tensors => ({ ...mixingTensors(t, kind), ...gatedTensors(t) });

function denseLayer(code: LayerCode, w: Weights, x: Tensor): Tensor {
  const y = mixing(code, w, x, kind);
  return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
}

/** The dense LFM2 family. */
export const lfm2 = decoder({
  name: 'lfm2',
  outputNormName,
  readConfig: (gguf) => readLfm2(gguf, 'lfm2').config,
  tensors: denseTensors,
  encode: denseLayer,
});

/** The LFM2 family with experts. The first layers are dense, and the choice of experts has a bias. */
export const lfm2moe: Architecture = {
  ...decoder({
    name: 'lfm2moe',
    outputNormName,
    readConfig(gguf) {
      const { keys, config } = readLfm2(gguf, 'lfm2moe');
      return withLeadingDense(config, keys);
    },
    tensors: (t) =>
      t.layer.hasExperts === false
        ? denseTensors(t)
        : { ...mixingTensors(t, kind), ...routerTensors(t, { routerBias: 'required' }) },
    encode: (code, w, x) =>
      code.layer.hasExperts === false ? denseLayer(code, w, x) : mixing(code, w, x, kind),
  }),
  experts: gatedExperts,
};
