// Nemotron-H and Nemotron 3: NVIDIA 2025, arXiv:2504.03624. A layer is a norm and one block: a Mamba-2, attention without
// rotation, or a feed-forward network with two matrices. A model may have experts in place of its feed-forward networks.
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type {
  Architecture,
  AttentionLayer,
  ExpertLayers,
  LayerSpec,
  ModelConfig,
  Tensors,
} from './architecture.ts';
import { attention, attentionTensors, type AttentionKind } from './blocks/attention.ts';
import { decoder, type Decoder } from './blocks/decoder.ts';
import { feedForwardBiases, plainFeedForward, plainTensors } from './blocks/feed-forward.ts';
import { linear, residual, rmsNorm, required } from './blocks/layer-code.ts';
import { layerTensors } from './blocks/layer-tensors.ts';
import { mamba, mambaTensors } from './blocks/mamba.ts';
import type { Block } from './blocks/mixing.ts';
import { expertTensors, routerTensors, sharedExpertTensors } from './blocks/mixture.ts';
import { LIMITS } from './config/limits.ts';
import { mambaLayer } from './config/mamba.ts';
import type { Metadata } from './config/metadata.ts';
import { readRecurrence } from './config/recurrence.ts';
import { readTransformer } from './config/transformer.ts';

const kind: AttentionKind = { outBias: 'optional' };

const blocks: Readonly<Record<LayerSpec['kind'], Block>> = {
  attention: {
    tensors: (t) => attentionTensors(t, kind),
    encode: (code, w, h) => attention(code, w, h, kind),
  },
  recurrent: { tensors: mambaTensors, encode: mamba },
  feedForward: {
    tensors: (t) => ({ ...plainTensors(t), ...withoutGate(feedForwardBiases(t)) }),
    encode: (code, w, h) => plainFeedForward(code, w, h, 'relu2'),
  },
};

/** The tensors except the tensors of the gate: these networks have no gate. */
function withoutGate(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([role]) => !/^(gate|sharedGate)/.test(role)));
}

function readNemotron(gguf: Gguf, name: string): { keys: Metadata; config: ModelConfig } {
  const hasRmsKey = gguf.metadata.has(`${name}.attention.layer_norm_rms_epsilon`);
  const { keys, config } = readTransformer(gguf, name, {
    norm: hasRmsKey ? 'rms' : 'layer',
    mayLackAttention: true,
    mayLackFeedForward: true,
    routing: { gate: 'sigmoid', normalized: false },
  });
  const net = readRecurrence(keys);
  const blockCount = keys.integer('block_count', { most: LIMITS.layers });
  const widths = keys.integers('feed_forward_length', blockCount, {
    least: 0,
    most: LIMITS.feedForwardWidth,
  });
  const blockOf = (layer: AttentionLayer, index: number): LayerSpec => {
    const { feedForwardWidth } = layer;
    if ((widths[index] ?? 0) > 0) return { kind: 'feedForward', feedForwardWidth };
    return layer.kvHeads > 0 ? layer : mambaLayer(net, 0);
  };
  return { keys, config: { ...config, layers: config.layers.map(blockOf) } };
}

/** A layer without experts. */
const dense: Pick<Decoder, 'tensors' | 'encode'> = {
  tensors: (t) => ({ attnNorm: t.weight('attn_norm', t.config.width), ...blocks[t.layer.kind].tensors(t) }),
  encode: (code, w, x) =>
    residual(code, x, blocks[code.layer.kind].encode(code, w, rmsNorm(code, w, 'attnNorm', x))),
};

/** The dense models of the family. */
export const nemotronH = decoder({
  name: 'nemotron_h',
  readConfig: (gguf) => readNemotron(gguf, 'nemotron_h').config,
  ...dense,
});

/** Experts with two matrices, beside a shared expert with two matrices. */
const experts: ExpertLayers = {
  tensors: (config, index, file) => withoutGate(expertTensors(layerTensors(config, index, file))),
  encodeRouter(config, e, w, y) {
    const input = rmsNorm({ e, config }, w, 'attnNorm', y);
    const hidden = e.activate(linear({ e, scales: {} }, w, 'sharedUp', input), 'relu2');
    const shared = linear({ e, scales: {} }, w, 'sharedDown', hidden);
    return { input, scores: e.matmul(required(w, 'router'), input), sum: e.add(y, shared) };
  },
  encodeExpert: (e, w, input, scales) => plainFeedForward({ e, scales }, w, input, 'relu2'),
};

/** The models of the family with experts in place of every feed-forward network. */
export const nemotronHMoe: Architecture = {
  ...decoder({
    name: 'nemotron_h_moe',
    readConfig(gguf) {
      const { keys, config } = readNemotron(gguf, 'nemotron_h_moe');
      refuseLatentExperts(keys);
      return {
        ...config,
        sharedExpertWidth: keys.integer('expert_shared_feed_forward_length', {
          most: LIMITS.feedForwardWidth,
        }),
        layers: config.layers.map((layer) =>
          layer.kind === 'feedForward' ? layer : { ...layer, hasExperts: false as const },
        ),
      };
    },
    tensors: (t) => ({
      attnNorm: t.weight('attn_norm', t.config.width),
      ...routerTensors(t, { routerBias: 'required' }),
      ...withoutGate(sharedExpertTensors(t)),
    }),
    encode: (_code, _w, x) => x,
    dense,
  }),
  experts,
};

/** @throws RondoError `UNSUPPORTED` if the experts have another width of input than the model, as in Nemotron 3 Super */
function refuseLatentExperts(keys: Metadata): void {
  const latent = keys.integer('moe_latent_size', { least: 0, most: LIMITS.width }, 0);
  if (latent === 0) return;
  throw new RondoError(
    'UNSUPPORTED',
    `Experts with an input of their own width (${keys.name}.moe_latent_size = ${latent}) are not supported yet. Nemotron 3 Nano has none.`,
    { details: { key: `${keys.name}.moe_latent_size`, found: latent } },
  );
}
