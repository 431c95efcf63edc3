// Mixtral: Jiang et al. 2024, arXiv:2401.04088. Llama whose feed-forward networks are experts among which a router chooses;
// GGUF files call it `llama` too, and give their number.
import type { Architecture } from './architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { residual, rmsNorm } from './blocks/layer-code.ts';
import { gatedExperts, routerTensors } from './blocks/mixture.ts';
import { llama } from './llama.ts';

const kind: AttentionKind = { outBias: 'optional' };

/** The Mixtral family. */
export const mixtral: Architecture = {
  ...decoder({
    name: llama.name,
    readConfig: llama.readConfig,
    tensors: (t) => ({
      attnNorm: t.weight('attn_norm', t.config.width),
      ...attentionTensors(t, kind),
      ...routerTensors(t),
    }),
    encode: (code, w, x) => residual(code, x, attention(code, w, rmsNorm(code, w, 'attnNorm', x), kind)),
  }),
  experts: gatedExperts,
};
