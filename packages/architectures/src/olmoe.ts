// OLMoE: Muennighoff et al. 2024, arXiv:2409.02060. Queries and keys are normalized over all heads together. The shares of the
// chosen experts are not normalized.
import type { Architecture } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedExperts, mixtureLayer, mixtureTensors, type MixtureKind } from './blocks/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const kind: MixtureKind = { normalized: 'width' };

/** The OLMoE family. */
export const olmoe: Architecture = {
  ...decoder({
    name: 'olmoe',
    readConfig: (gguf) =>
      readTransformer(gguf, 'olmoe', { rope: 'halves', routing: { normalized: false } }).config,
    tensors: (t) => mixtureTensors(t, kind),
    encode: (code, w, x) => mixtureLayer(code, w, x, kind),
  }),
  experts: gatedExperts,
};
