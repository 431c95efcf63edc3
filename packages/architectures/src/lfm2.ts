// LFM2: Liquid AI 2025, arXiv:2511.23404. Layers without heads of keys have a short convolution, the other layers have
// attention with normalized queries and keys.
import type { Gguf } from '@rondo/gguf';
import type { ModelConfig } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { mixing, mixingTensors, type MixingKind } from './blocks/mixing.ts';
import { shortConvolution, shortConvolutionTensors } from './blocks/short-convolution.ts';
import { withShortConvolutions } from './config/short-convolution.ts';
import { readTransformer } from './config/transformer.ts';
import { withWindows } from './config/windows.ts';

const kind: MixingKind = {
  attention: { normalized: 'heads' },
  recurrent: { tensors: shortConvolutionTensors, encode: shortConvolution },
};

function readConfig(gguf: Gguf, name: string): ModelConfig {
  const { keys, config } = readTransformer(gguf, name, { rope: 'halves', mayLackAttention: true });
  return withShortConvolutions(withWindows(config, keys, { period: 0 }), keys);
}

/** The dense LFM2 family. */
export const lfm2 = decoder({
  name: 'lfm2',
  outputNormName: 'token_embd_norm',
  readConfig: (gguf) => readConfig(gguf, 'lfm2'),
  tensors: (t) => ({ ...mixingTensors(t, kind), ...gatedTensors(t) }),
  encode(code, w, x) {
    const y = mixing(code, w, x, kind);
    return residual(code, y, gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'silu'));
  },
});
