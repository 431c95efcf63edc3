// Qwen1.5 and Qwen2 with experts: Yang et al. 2024, arXiv:2407.10671. The shares of the chosen experts are not normalized.
import type { Gguf } from '@rondo/gguf';
import type { Architecture, ModelConfig } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import {
  expertsBesideShared,
  gatedSharedExpertTensors,
  mixtureLayer,
  mixtureTensors,
} from './blocks/mixture.ts';
import { withSharedExpert } from './config/mixture.ts';
import { readTransformer } from './config/transformer.ts';

/** The Qwen2 family with experts. */
export const qwen2moe: Architecture = {
  ...decoder({
    name: 'qwen2moe',
    readConfig,
    tensors: (t) => ({ ...mixtureTensors(t, {}), ...gatedSharedExpertTensors(t) }),
    encode: (code, w, x) => mixtureLayer(code, w, x, {}),
  }),
  experts: expertsBesideShared(),
};

function readConfig(gguf: Gguf): ModelConfig {
  const { keys, config } = readTransformer(gguf, 'qwen2moe', {
    rope: 'halves',
    routing: { normalized: false },
  });
  const shared = withSharedExpert(config, keys);
  if (keys.has('expert_feed_forward_length')) return shared;
  // The file has no width of experts: the experts of one token are together as wide as a network without experts.
  const layers = shared.layers.map((layer) => ({
    ...layer,
    feedForwardWidth: Math.floor(layer.feedForwardWidth / config.expertsUsed),
  }));
  return { ...shared, layers };
}
