// GLM-4.5, GLM-4.6 and GLM-4.7: arXiv:2508.06471. The first layers are dense. The other layers have experts beside a shared
// expert. The affinities of experts are sigmoids, and the choice of experts has a bias.
import type { Architecture, Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import type { LayerTensors } from './blocks/layer-tensors.ts';
import {
  expertsBesideShared,
  mixtureLayer,
  mixtureTensors,
  sharedExpertTensors,
  type MixtureKind,
} from './blocks/mixture.ts';
import { preNormLayer, preNormTensors } from './blocks/pre-norm-layer.ts';
import { withLeadingDense, withSharedExperts } from './config/mixture.ts';
import { readTransformer } from './config/transformer.ts';

// The largest model, 355B-A32B, normalizes queries and keys; the smaller models do not.
const kindOf = (isNormalized: boolean): MixtureKind => ({
  feedForwardNorm: 'post_attention_norm',
  routerBias: 'required',
  ...(isNormalized && { normalized: 'heads' }),
});
const kindOfFile = (t: LayerTensors) => kindOf(t.has('attn_q_norm'));
const kindOfWeights = (w: Weights) => kindOf(w['qNorm'] !== undefined);

/** The GLM-4.5 family. */
export const glm4moe: Architecture = {
  ...decoder({
    name: 'glm4moe',
    readConfig(gguf) {
      const { keys, config } = readTransformer(gguf, 'glm4moe', {
        rope: 'halves',
        routing: { gate: 'sigmoid', normalized: false },
      });
      return withLeadingDense(withSharedExperts(config, keys), keys);
    },
    tensors: (t) => ({ ...mixtureTensors(t, kindOfFile(t)), ...sharedExpertTensors(t) }),
    encode: (code, w, x) => mixtureLayer(code, w, x, kindOfWeights(w)),
    dense: {
      tensors: (t) => preNormTensors(t, kindOfFile(t)),
      encode: (code, w, x) => preNormLayer(code, w, x, kindOfWeights(w)),
    },
  }),
  experts: expertsBesideShared(),
};
