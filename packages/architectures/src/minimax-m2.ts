// MiniMax-M2. The affinities of experts are sigmoids, and the choice of experts has a bias. Queries and keys are normalized over
// all heads together. A part of each head rotates.
// Source: transformers, `modeling_minimax_m2.py`.
import type { Architecture } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedExperts, mixtureLayer, mixtureTensors, type MixtureKind } from './blocks/mixture.ts';
import { readTransformer } from './config/transformer.ts';

const kind: MixtureKind = { normalized: 'width', routerBias: 'required' };

/** The MiniMax-M2 family. */
export const minimaxM2: Architecture = {
  ...decoder({
    name: 'minimax-m2',
    readConfig: (gguf) =>
      readTransformer(gguf, 'minimax-m2', { rope: 'halves', routing: { gate: 'sigmoid' } }).config,
    tensors: (t) => mixtureTensors(t, kind),
    encode: (code, w, x) => mixtureLayer(code, w, x, kind),
  }),
  experts: gatedExperts,
};
