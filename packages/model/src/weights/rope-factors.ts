// The divisors of rotary frequencies that files store as tensors. Llama 3.1 and later have one tensor for all contexts; Phi-3
// has a tensor for short contexts and a tensor for long contexts.
import { attentionLayers, type ModelConfig, ROPE_FACTORS } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { ByteSource, ReadOptions } from '@rondo/source';
import type { Rope } from '@rondo/tensor';
import { readValues } from './read-values.ts';

/** Divisors, one for each pair of values that rotates. */
export type RopeFactors = Readonly<Partial<Record<keyof typeof ROPE_FACTORS, Float32Array>>>;

/**
 * The divisors of a file.
 *
 * @throws RondoError `MISSING_TENSOR`, `BAD_TENSOR_SHAPE`, `BAD_CONFIG` for divisors that are no positive numbers; what reading
 * throws
 */
export async function readRopeFactors(
  config: ModelConfig,
  gguf: Gguf,
  source: ByteSource,
  options: ReadOptions,
): Promise<RopeFactors> {
  const divided = attentionLayers(config).find(({ rope, ropeDivisors }) => rope && ropeDivisors !== 'none');
  if (!divided?.rope) return {};
  const pairs = divided.rope.dimensions / 2;
  const found: { -readonly [Kind in keyof RopeFactors]: RopeFactors[Kind] } = {};
  for (const kind of ['all', ...(config.hasLongRope ? (['long', 'short'] as const) : [])] as const) {
    const name = ROPE_FACTORS[kind];
    if (gguf.tensors.has(name) || (kind === 'all' && divided.ropeDivisors === 'required'))
      found[kind] = await read(gguf, name, pairs, source, options);
  }
  return found;
}

async function read(
  gguf: Gguf,
  name: string,
  pairs: number,
  source: ByteSource,
  options: ReadOptions,
): Promise<Float32Array> {
  const factors = await readValues(gguf, { name, shape: [pairs] }, source, options);
  const bad = factors.find((factor) => !(factor > 0 && factor < Number.POSITIVE_INFINITY));
  if (bad === undefined) return factors;
  throw new RondoError(
    'BAD_CONFIG',
    `The tensor ${name} has the value ${bad}; all must be positive numbers.`,
    {
      details: { tensor: name, found: bad },
    },
  );
}

/**
 * The configuration, with the divisors for a context in its rotations. A context longer than the rotation was trained for takes
 * the divisors for long contexts, for all of its positions. Source: llama.cpp, `llama_model::get_rope_factors`.
 */
export function withRopeFactors(
  config: ModelConfig,
  { all, long, short }: RopeFactors,
  contextTokens: number,
): ModelConfig {
  const factors = all ?? (contextTokens > config.originalContextLength ? long : short);
  if (!factors) return config;
  // Layers that shared a `Rope` object share the new object.
  const divided = new Map<Rope, Rope>();
  const divide = (rope: Rope | undefined): Rope | undefined => {
    if (!rope) return undefined;
    const known = divided.get(rope);
    if (known) return known;
    const frequencies = rope.frequencies.map((frequency, pair) => frequency / (factors[pair] ?? 1));
    const made = { ...rope, frequencies };
    divided.set(rope, made);
    return made;
  };
  return {
    ...config,
    layers: config.layers.map((layer) =>
      layer.kind !== 'attention' || layer.ropeDivisors === 'none'
        ? layer
        : { ...layer, rope: divide(layer.rope), queryRope: divide(layer.queryRope) },
    ),
  };
}
