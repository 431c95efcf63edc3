// Reads and checks the metadata that transformers have in common. A number that could make the engine allocate or divide
// wrongly is refused here, so that nothing behind this needs to doubt its configuration.
import { RondoError } from '@rondo/errors';
import {
  findInteger,
  findNumber,
  findString,
  findStringArray,
  getInteger,
  getNumber,
  type Gguf,
} from '@rondo/gguf';
import type { Rope } from '@rondo/tensor';
import type { ModelConfig } from './architecture.ts';

/** More than any model has, few enough that nothing overflows. */
const LIMITS = {
  layers: 4096,
  width: 1 << 20,
  heads: 1 << 14,
  feedForwardWidth: 1 << 22,
  experts: 1 << 12,
  contextLength: 1 << 28,
  vocabularySize: 1 << 24,
};

/**
 * The configuration of an architecture whose keys begin with `name`.
 *
 * @throws RondoError `BAD_CONFIG` naming the key, `UNSUPPORTED` for a scaling of positions that is not built
 */
export function readTransformerConfig(gguf: Gguf, name: string, ropeKind: Rope['kind']): ModelConfig {
  const count = (key: string, limit: number, value = getInteger(gguf, key)) => {
    if (value < 1 || value > limit) fail(key, value, `a whole number from 1 to ${limit}`);
    return value;
  };
  const width = count(`${name}.embedding_length`, LIMITS.width);
  const heads = count(`${name}.attention.head_count`, LIMITS.heads);
  const kvHeads = count(
    `${name}.attention.head_count_kv`,
    heads,
    findInteger(gguf, `${name}.attention.head_count_kv`) ?? heads,
  );
  if (heads % kvHeads !== 0)
    fail(`${name}.attention.head_count_kv`, kvHeads, `a divisor of the ${heads} heads`);
  const keyLength = findInteger(gguf, `${name}.attention.key_length`);
  if (keyLength === undefined && width % heads !== 0)
    fail(`${name}.attention.head_count`, heads, `a divisor of the width, ${width}`);
  const headSize = count(`${name}.attention.key_length`, LIMITS.width, keyLength ?? width / heads);
  const epsilonKey = `${name}.attention.layer_norm_rms_epsilon`;
  const epsilon = getNumber(gguf, epsilonKey);
  if (!(epsilon >= 0 && epsilon < 1)) fail(epsilonKey, epsilon, 'a number from 0 to 1');
  const experts = readExperts(gguf, name);
  const expertWidthKey = `${name}.expert_feed_forward_length`;
  const hasExpertWidth = experts.experts > 0 && gguf.metadata.has(expertWidthKey);
  return {
    layers: count(`${name}.block_count`, LIMITS.layers),
    width,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: count(
      hasExpertWidth ? expertWidthKey : `${name}.feed_forward_length`,
      LIMITS.feedForwardWidth,
    ),
    ...experts,
    contextLength: count(`${name}.context_length`, LIMITS.contextLength),
    vocabularySize: vocabularySize(gguf, name, count),
    epsilon,
    rope: readRope(gguf, name, ropeKind, headSize),
  };
}

function readExperts(gguf: Gguf, name: string): Pick<ModelConfig, 'experts' | 'expertsUsed'> {
  const countKey = `${name}.expert_count`;
  const experts = findInteger(gguf, countKey) ?? 0;
  if (experts < 0 || experts > LIMITS.experts)
    fail(countKey, experts, `a whole number from 0 to ${LIMITS.experts}`);
  const usedKey = `${name}.expert_used_count`;
  const expertsUsed = findInteger(gguf, usedKey) ?? 0;
  if (experts === 0 && expertsUsed !== 0) fail(usedKey, expertsUsed, `0, as ${countKey} is`);
  if (experts > 0 && (expertsUsed < 1 || expertsUsed > experts))
    fail(usedKey, expertsUsed, `a whole number from 1 to ${experts}, which is ${countKey}`);
  return { experts, expertsUsed };
}

function vocabularySize(
  gguf: Gguf,
  name: string,
  count: (key: string, limit: number, value: number) => number,
): number {
  const rows = gguf.tensors.get('token_embd.weight')?.shape[0];
  const tokens = findStringArray(gguf, 'tokenizer.ggml.tokens')?.length;
  return count(`${name}.vocab_size`, LIMITS.vocabularySize, rows ?? tokens ?? 0);
}

function readRope(gguf: Gguf, name: string, kind: Rope['kind'], headSize: number): Rope {
  const dimensionsKey = `${name}.rope.dimension_count`;
  const dimensions = findInteger(gguf, dimensionsKey) ?? headSize;
  if (dimensions < 2 || dimensions > headSize || dimensions % 2 !== 0)
    fail(dimensionsKey, dimensions, `an even number from 2 to ${headSize}`);
  const baseKey = `${name}.rope.freq_base`;
  const base = findNumber(gguf, baseKey) ?? 10000;
  if (!(base > 0 && base < Number.POSITIVE_INFINITY)) fail(baseKey, base, 'a positive number');
  const scaling = findString(gguf, `${name}.rope.scaling.type`) ?? 'none';
  if (scaling !== 'none' && scaling !== 'linear') {
    throw new RondoError(
      'UNSUPPORTED',
      `Rope scaling "${scaling}" is not supported yet; "none" and "linear" are.`,
      { details: { scaling } },
    );
  }
  const factorKey = `${name}.rope.scaling.factor`;
  const factor = scaling === 'linear' ? getNumber(gguf, factorKey) : 1;
  if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) fail(factorKey, factor, 'a positive number');
  return { kind, headSize, dimensions, base, scale: 1 / factor };
}

function fail(key: string, found: unknown, expected: string): never {
  throw new RondoError(
    'BAD_CONFIG',
    `The model's metadata says ${key} = ${String(found)}; it must be ${expected}.`,
    {
      details: { key, found, expected },
    },
  );
}
