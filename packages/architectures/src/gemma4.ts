// Gemma 4. As Gemma 3, but layers without a window have larger heads, values are normalized too, and the last layers use the
// keys and values of earlier layers. The small models (E2B, E4B) have per-layer embeddings. 26B-A4B has experts beside its
// feed-forward networks.
// Source: transformers, `modeling_gemma4.py`.
import type { Tensor } from '@rondo/tensor';
import type { Architecture, Tensors, Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedFeedForward, gatedTensors } from './blocks/feed-forward.ts';
import { layerCode, required, residual, rmsNorm, type LayerCode } from './blocks/layer-code.ts';
import { layerInputTensors, withLayerInput } from './blocks/layer-input.ts';
import { layerTensors, onHost, type LayerTensors } from './blocks/layer-tensors.ts';
import { expertTensors } from './blocks/mixture.ts';
import {
  sandwichedAttention,
  sandwichedAttentionTensors,
  sandwichLayer,
  sandwichTensors,
} from './blocks/sandwich-layer.ts';
import { readGemma4 } from './config/gemma4.ts';

const kind = {
  normalized: 'heads',
  valuesNormalized: true,
  keysAsValues: true,
  activation: 'gelu',
} as const;

/** The tensors that every layer uses after its feed-forward network. */
const endTensors = (t: LayerTensors): Tensors => ({
  ...layerInputTensors(t),
  ...t.optional('outputScale', onHost(t.weight('layer_output_scale', 1))),
});

function endOfLayer(code: LayerCode, w: Weights, x: Tensor): Tensor {
  const y = withLayerInput(code, w, x);
  const [scale = 1] = code.layer.values?.['outputScale'] ?? [];
  return scale === 1 ? y : code.e.scale(y, scale);
}

/** The dense models of the Gemma 4 family. */
export const gemma4 = decoder({
  name: 'gemma4',
  readConfig: readGemma4,
  tensors: (t) => ({ ...sandwichTensors(t, kind), ...gatedTensors(t), ...endTensors(t) }),
  encode: (code, w, x) => endOfLayer(code, w, sandwichLayer(code, w, x, kind)),
});

/** The models with experts, 26B-A4B. */
export const gemma4Mixture: Architecture = {
  ...decoder({
    name: 'gemma4',
    readConfig: readGemma4,
    tensors: (t) => ({
      ...sandwichedAttentionTensors(t, kind),
      routerNorm: { ...t.weight('ffn_gate_inp', t.config.width), name: `blk.${t.index}.ffn_gate_inp.scale` },
      router: t.weight('ffn_gate_inp', t.config.experts, t.config.width),
      expertsNorm: t.weight('pre_ffw_norm_2', t.config.width),
    }),
    encode: (code, w, x) => sandwichedAttention(code, w, x, kind),
  }),
  experts: {
    tensors(config, index, file) {
      const t = layerTensors(config, index, file);
      const scales = { name: `blk.${index}.ffn_down_exps.scale`, shape: [config.experts] };
      return { ...expertTensors(t, { mayJoin: true }), ...t.optional('expertScales', onHost(scales)) };
    },
    encodeRouter(config, e, w, y) {
      const scores = e.matmul(required(w, 'router'), rmsNorm({ e, config }, w, 'routerNorm', y));
      return {
        input: rmsNorm({ e, config }, w, 'expertsNorm', y),
        scores: e.scale(scores, 1 / Math.sqrt(config.width)),
      };
    },
    encodeExpert: (e, w, input, scales) => gatedFeedForward({ e, scales }, w, input, 'gelu'),
    resultScales: ({ values }) => values?.['expertScales'],
    around: {
      before(config, index, file) {
        const t = layerTensors(config, index, file);
        return {
          ffnNorm: t.weight('ffn_norm', config.width),
          ...gatedTensors(t),
          branchNorm: t.weight('post_ffw_norm_1', config.width),
        };
      },
      after(config, index, file) {
        const t = layerTensors(config, index, file);
        return {
          expertsPostNorm: t.weight('post_ffw_norm_2', config.width),
          ffnPostNorm: t.weight('post_ffw_norm', config.width),
          ...endTensors(t),
        };
      },
      encode(config, e, w, y, place, experts) {
        const code = layerCode(config, e, place);
        const f = gatedFeedForward(code, w, rmsNorm(code, w, 'ffnNorm', y), 'gelu');
        const branch = rmsNorm(code, w, 'branchNorm', f);
        const sum = e.add(branch, rmsNorm(code, w, 'expertsPostNorm', experts()));
        return endOfLayer(code, w, residual(code, y, rmsNorm(code, w, 'ffnPostNorm', sum)));
      },
    },
  },
};
