// Reads the number of experts of a layer, and the number of experts that each token uses.
import { findIntegerOfLayers } from '@rondo/gguf';
import type { ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';

/**
 * The numbers of experts, for all layers.
 *
 * @throws RondoError `BAD_CONFIG`; `UNSUPPORTED` if the layers have different numbers
 */
export function readExperts(keys: Metadata, blocks: number): Pick<ModelConfig, 'experts' | 'expertsUsed'> {
  const experts = keys.integer('expert_count', { least: 0, most: LIMITS.experts }, 0);
  const usedKey = `${keys.name}.expert_used_count`;
  const expertsUsed = findIntegerOfLayers(keys.gguf, usedKey, blocks) ?? 0;
  if (experts === 0 && expertsUsed !== 0) fail(usedKey, expertsUsed, `0, as ${keys.name}.expert_count is`);
  if (experts > 0 && (expertsUsed < 1 || expertsUsed > experts))
    fail(usedKey, expertsUsed, `a whole number from 1 to ${experts}, which is ${keys.name}.expert_count`);
  return { experts, expertsUsed };
}

/**
 * The configuration with the width of the shared expert, which all tokens use. If the file does not have that width: the
 * width of a feed-forward network without experts.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withSharedExpert(config: ModelConfig, keys: Metadata): ModelConfig {
  const range = { most: LIMITS.feedForwardWidth };
  const byDefault = keys.has('feed_forward_length') ? keys.integer('feed_forward_length', range) : undefined;
  return {
    ...config,
    sharedExpertWidth: keys.integer('expert_shared_feed_forward_length', range, byDefault),
  };
}
