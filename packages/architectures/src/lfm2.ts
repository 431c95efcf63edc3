// LFM2: Liquid AI 2025, arXiv:2511.23404. Layers without heads of keys have a short convolution, the other layers have
// attention with normalized queries and keys.
import type { Gguf } from '@rondo/gguf';
import type { Architecture, ModelConfig } from './architecture.ts';
import { decoder, type Decoder } from './blocks/decoder.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { mixing, mixingTensors, type MixingKind } from './blocks/mixing.ts';
import { gatedExperts, routerTensors } from './blocks/mixture.ts';
import { withFeedForward } from './blocks/pre-norm-layer.ts';
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
/** A layer without experts. */
const dense: Pick<Decoder, 'tensors' | 'encode'> = {
  tensors: (t) => ({ ...mixingTensors(t, kind), ...gatedTensors(t) }),
  encode: (code, w, x) => withFeedForward(code, w, mixing(code, w, x, kind)),
};

/** The dense LFM2 family. */
export const lfm2 = decoder({
  name: 'lfm2',
  outputNormName,
  readConfig: (gguf) => readLfm2(gguf, 'lfm2').config,
  ...dense,
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
    tensors: (t) => ({ ...mixingTensors(t, kind), ...routerTensors(t, { routerBias: 'required' }) }),
    encode: (code, w, x) => mixing(code, w, x, kind),
    dense,
  }),
  experts: gatedExperts,
};
