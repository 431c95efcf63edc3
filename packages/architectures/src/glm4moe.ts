// GLM-4.5, GLM-4.6 and GLM-4.7: arXiv:2508.06471. The first layers are dense. The other layers have experts beside a shared
// expert. The affinities of experts are sigmoids, and the choice of experts has a bias.
import type { Tensor } from '@rondo/tensor';
import type { Architecture, Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import type { LayerCode } from './blocks/layer-code.ts';
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

const common: MixtureKind = { feedForwardNorm: 'post_attention_norm', routerBias: 'required' };
const kindOf = (isNormalized: boolean): MixtureKind => ({
  ...common,
  ...(isNormalized && { normalized: 'heads' }),
});

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
    tensors: layerTensorsOf,
    encode: encodeLayer,
  }),
  experts: expertsBesideShared(),
};

function layerTensorsOf(t: LayerTensors) {
  // The largest model, 355B-A32B, normalizes queries and keys; the smaller models do not.
  const kind = kindOf(t.has('attn_q_norm'));
  if (t.layer.hasExperts === false) return preNormTensors(t, kind);
  return { ...mixtureTensors(t, kind), ...sharedExpertTensors(t) };
}

function encodeLayer(code: LayerCode, w: Weights, x: Tensor): Tensor {
  const kind = kindOf(w['qNorm'] !== undefined);
  return code.layer.hasExperts === false ? preNormLayer(code, w, x, kind) : mixtureLayer(code, w, x, kind);
}
