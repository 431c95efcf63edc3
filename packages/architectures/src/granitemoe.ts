// Granite 3 and Granite 4 with experts. As Granite, with experts in place of the feed-forward network; newer models have a
// shared expert.
import type { Architecture, ModelConfig } from './architecture.ts';
import { decoder } from './blocks/decoder.ts';
import { expertsBesideShared, mixtureLayer, mixtureTensors, sharedExpertTensors } from './blocks/mixture.ts';
import type { Metadata } from './config/metadata.ts';
import { withSharedExpert } from './config/mixture.ts';
import { readGranite } from './granite.ts';

/** The Granite family with experts. */
export const granitemoe: Architecture = {
  ...decoder({
    name: 'granitemoe',
    readConfig(gguf) {
      const { keys, config } = readGranite(gguf, 'granitemoe');
      return withGraniteExperts(config, keys);
    },
    tensors: (t) => ({ ...mixtureTensors(t, { outBias: 'optional' }), ...sharedExpertTensors(t) }),
    encode: (code, w, x) => mixtureLayer(code, w, x, {}),
  }),
  experts: expertsBesideShared(),
};

/** The configuration with a shared expert if the file has one. The factor of branches multiplies the shares of experts. */
export function withGraniteExperts(config: ModelConfig, keys: Metadata): ModelConfig {
  const { routing, residualScale } = config;
  const scaled = { ...config, routing: { ...routing, scale: routing.scale * residualScale } };
  return keys.findPositive('expert_shared_feed_forward_length') === undefined
    ? scaled
    : withSharedExpert(scaled, keys);
}
