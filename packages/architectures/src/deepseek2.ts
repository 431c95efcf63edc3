// DeepSeek V2, V3 and R1, Kimi K2 and GLM-4.7-Flash: arXiv:2405.04434, arXiv:2412.19437. Latent attention; the first layers are
// dense, and the other layers have experts beside a shared expert.
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { Tensor } from '@rondo/tensor';
import type { Architecture, ModelConfig, Tensors, Weights } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { gatedTensors } from './blocks/feed-forward.ts';
import { latentAttention, latentAttentionTensors } from './blocks/latent-attention.ts';
import { residual, rmsNorm, type LayerCode } from './blocks/layer-code.ts';
import type { LayerTensors } from './blocks/layer-tensors.ts';
import { expertsBesideShared, routerTensors, sharedExpertTensors } from './blocks/mixture.ts';
import { withFeedForward } from './blocks/pre-norm-layer.ts';
import { withLatentAttention } from './config/latent-attention.ts';
import { withLeadingDense, withSharedExperts } from './config/mixture.ts';
import { readTransformer } from './config/transformer.ts';
import type { Routing } from './routing.ts';

/** The DeepSeek V2 family. */
export const deepseek2: Architecture = {
  ...decoder({
    name: 'deepseek2',
    readConfig,
    tensors: (t) => ({
      ...attentionPartTensors(t),
      ...routerTensors(t, { routerBias: 'optional' }),
      ...sharedExpertTensors(t),
    }),
    encode: attentionPart,
    dense: {
      tensors: (t) => ({ ...attentionPartTensors(t), ...gatedTensors(t) }),
      encode: (code, w, x) => withFeedForward(code, w, attentionPart(code, w, x)),
    },
  }),
  experts: expertsBesideShared({ mayJoin: true }),
};

/** The tensors of latent attention, and of the norms before it and after it. */
function attentionPartTensors(t: LayerTensors): Tensors {
  const { width } = t.config;
  return {
    attnNorm: t.weight('attn_norm', width),
    ...latentAttentionTensors(t),
    ffnNorm: t.weight('ffn_norm', width),
  };
}

function attentionPart(code: LayerCode, w: Weights, x: Tensor): Tensor {
  return residual(code, x, latentAttention(code, w, rmsNorm(code, w, 'attnNorm', x)));
}

function readConfig(gguf: Gguf): ModelConfig {
  const { keys, config, rope } = readTransformer(gguf, 'deepseek2', {
    rope: 'interleaved',
    routing: { gate: gateOf(gguf), normalized: false },
  });
  const temperature = 'attention.temperature_scale';
  if (!rope || keys.findPositive(temperature) !== undefined) {
    throw new RondoError(
      'UNSUPPORTED',
      `Scores that grow with the position (deepseek2.${temperature}) are not supported yet with latent attention.`,
      { details: { key: `deepseek2.${temperature}` } },
    );
  }
  return withLeadingDense(withSharedExperts(withLatentAttention({ keys, config }, rope), keys), keys);
}

/** The gate of files without the key. GLM-4.7-Flash has sigmoids, and is recognized by its shape. Source: llama.cpp v0.5.0. */
function gateOf(gguf: Gguf): Routing['gate'] {
  const blocks = gguf.metadata.get('deepseek2.block_count')?.value;
  const rows = gguf.tensors.get('token_embd.weight')?.shape[0];
  return (blocks === 47 || blocks === 48) && rows === 154_880 ? 'sigmoid' : 'softmax';
}
