// Reads the numbers of multi-head latent attention, and the scale of its scores.
import type { LatentAttention, ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';
import { ropeOf, type RopeNumbers } from './rope.ts';
import type { Transformer } from './transformer.ts';

/** Converters write YaRN's `mscale_all_dim` times this number. */
const CONVERTED = 0.1;

/**
 * The configuration with latent attention in all layers. One key and one value in the cache serve all heads.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withLatentAttention(
  { keys, config }: Pick<Transformer, 'keys' | 'config'>,
  rope: RopeNumbers,
): ModelConfig {
  const latent = readLatent(keys, rope);
  const { rank, plainSize, rotatedSize } = latent;
  const size = { keySize: rank + rotatedSize, valueSize: rank };
  for (const [name, expected] of [
    ['key_length', size.keySize],
    ['value_length', size.valueSize],
  ] as const) {
    const found = keys.integer(`attention.${name}`, { most: LIMITS.width });
    if (found !== expected)
      fail(`${keys.name}.attention.${name}`, found, `${expected}, by the sizes of latent vectors`);
  }
  const kvHeads = keys.integer('attention.head_count_kv', { most: LIMITS.heads });
  if (kvHeads !== 1)
    fail(`${keys.name}.attention.head_count_kv`, kvHeads, '1: all heads share a latent vector');
  const { magnitude, scoreFactor } = stretchOf(keys, rope);
  const rotation = ropeOf({ ...rope, headSize: rotatedSize, dimensions: rotatedSize, magnitude });
  const attentionScale = scoreFactor ** 2 / Math.sqrt(plainSize + rotatedSize);
  const layers = config.layers.map((layer) => ({
    ...layer,
    ...size,
    kvHeads,
    attentionScale,
    rope: rotation,
    latent,
  }));
  return { ...config, layers };
}

function readLatent(keys: Metadata, rope: RopeNumbers): LatentAttention {
  const size = (key: string) => keys.integer(`attention.${key}`, { most: LIMITS.width });
  const headSize = size('key_length_mla');
  const rotatedSize = rope.dimensions;
  if (headSize <= rotatedSize)
    fail(
      `${keys.name}.attention.key_length_mla`,
      headSize,
      `more than the ${rotatedSize} values that rotate`,
    );
  return {
    ...(keys.has('attention.q_lora_rank') && { queryRank: size('q_lora_rank') }),
    rank: size('kv_lora_rank'),
    plainSize: headSize - rotatedSize,
    rotatedSize,
    headValueSize: size('value_length_mla'),
  };
}

/**
 * `magnitude`: the factor of rotated values. `scoreFactor`: the factor of queries and of keys in a score, so that a score has
 * the square of this factor. With `mscale_all_dim`, a model divides YaRN's factor of rotated values by the factor for
 * `mscale_all_dim`. Both factors are equal, so only `attentionFactor` remains in `magnitude`. Source: llama.cpp v0.5.0,
 * `deepseek2.cpp` and the constructor of `llama_context`.
 */
function stretchOf(keys: Metadata, { factor, magnitude, attentionFactor }: RopeNumbers) {
  const multiplier = keys.findPositive('rope.scaling.yarn_log_multiplier');
  const forAll = multiplier === undefined ? 1 : multiplier / CONVERTED;
  return {
    magnitude: multiplier === undefined ? magnitude : attentionFactor,
    scoreFactor: attentionFactor * (1 + forAll * 0.1 * Math.log(Math.max(1, factor))),
  };
}
