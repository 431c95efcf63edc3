// Reads the numbers of mixtures of experts: how many experts layers have, how a token chooses among the experts, and which
// layers have no experts.
import { RondoError } from '@rondo/errors';
import { findIntegerOfLayers } from '@rondo/gguf';
import type { LayerSpec, ModelConfig } from '../architecture.ts';
import type { Routing } from '../routing.ts';
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

/** The values of `expert_gating_func` that are supported. `SOFTMAX_WEIGHT` is the softmax over the chosen experts. */
const GATES: Readonly<Record<number, Partial<Routing>>> = {
  1: { gate: 'softmax' },
  2: { gate: 'sigmoid' },
  3: { gate: 'softmax', normalized: true },
};

/** Limit of `expert_gating_func`, far above the values that exist. */
const MOST_GATE = 255;

/**
 * How tokens choose experts. `byDefault`: the values for keys that the file does not have.
 *
 * @throws RondoError `BAD_CONFIG`; `UNSUPPORTED` for a function of scores that is not implemented
 */
export function readRouting(
  keys: Metadata,
  { experts, expertsUsed }: Pick<ModelConfig, 'experts' | 'expertsUsed'>,
  byDefault: Partial<Routing>,
): Routing {
  const gate = keys.integer('expert_gating_func', { least: 0, most: MOST_GATE }, 0);
  const known = GATES[gate];
  if (gate !== 0 && !known) {
    throw new RondoError(
      'UNSUPPORTED',
      `Experts chosen by the function ${gate} of scores (${keys.name}.expert_gating_func) are not supported yet; softmax (1, 3) and sigmoid (2) are.`,
      { details: { key: `${keys.name}.expert_gating_func`, found: gate } },
    );
  }
  const normalized = keys.findBoolean('expert_weights_norm');
  return {
    gate: 'softmax',
    normalized: true,
    scale: keys.findPositive('expert_weights_scale') ?? 1,
    groups: readGroups(keys, experts, expertsUsed),
    ...byDefault,
    ...(normalized !== undefined && { normalized }),
    ...known,
  };
}

function readGroups(keys: Metadata, experts: number, expertsUsed: number): Routing['groups'] {
  const key = 'expert_group_count';
  const usedKey = 'expert_group_used_count';
  const count = keys.integer(key, { least: 0, most: Math.max(1, experts) }, 0);
  if (count < 2) return undefined;
  if (experts % count !== 0) fail(`${keys.name}.${key}`, count, `a divisor of the ${experts} experts`);
  const used = keys.integer(usedKey, { most: count });
  if ((experts / count) * used < expertsUsed)
    fail(`${keys.name}.${usedKey}`, used, `enough for the ${expertsUsed} experts that a token uses`);
  return { count, used };
}

/**
 * The configuration with feed-forward networks in place of experts in the first `leading_dense_block_count` layers.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withLeadingDense(config: ModelConfig, keys: Metadata): ModelConfig {
  const blocks = keys.integer('block_count', { most: LIMITS.layers });
  const count = keys.integer('leading_dense_block_count', { least: 0, most: config.layers.length }, 0);
  if (count === 0) return config;
  const widths = keys.integers('feed_forward_length', blocks, { most: LIMITS.feedForwardWidth });
  const dense = (layer: LayerSpec, index: number): LayerSpec => ({
    ...layer,
    hasExperts: false,
    feedForwardWidth: widths[index] ?? 0,
  });
  return {
    ...config,
    layers: config.layers.map((layer, index) => (index < count ? dense(layer, index) : layer)),
  };
}

/**
 * The configuration with a shared expert as wide as `expert_shared_count` experts.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withSharedExperts(config: ModelConfig, keys: Metadata): ModelConfig {
  const count = keys.integer('expert_shared_count', { least: 0, most: LIMITS.experts }, 0);
  const width = count * (config.layers.at(-1)?.feedForwardWidth ?? 0);
  if (width > LIMITS.feedForwardWidth)
    fail(`${keys.name}.expert_shared_count`, count, 'a number of experts that are not too wide together');
  return count === 0 ? config : { ...config, sharedExpertWidth: width };
}
