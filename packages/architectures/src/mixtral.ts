// Mixtral: Jiang et al. 2024, arXiv:2401.04088. Llama whose feed-forward networks are experts among which a router chooses;
// GGUF files call it `llama` too, and give their number.
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
