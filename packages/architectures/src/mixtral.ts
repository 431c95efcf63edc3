// Mixtral: Jiang et al. 2024, arXiv:2401.04088. As Llama, but with experts and a router in place of the feed-forward network.
// GGUF files call Mixtral `llama` too, and give the number of experts.
import type { Architecture } from './architecture.ts';
import type { AttentionKind } from './blocks/attention.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedExperts, mixtureLayer, mixtureTensors } from './blocks/mixture.ts';
import { llama } from './llama.ts';

const kind: AttentionKind = { outBias: 'optional' };

/** The Mixtral family. */
export const mixtral: Architecture = {
  ...decoder({
    name: llama.name,
    readConfig: llama.readConfig,
    tensors: (t) => mixtureTensors(t, kind),
    encode: (code, w, x) => mixtureLayer(code, w, x, kind),
  }),
  experts: gatedExperts,
};
