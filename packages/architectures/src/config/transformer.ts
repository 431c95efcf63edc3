// Reads and checks the metadata that transformers have in common. Numbers that could cause a wrong allocation or division are
// refused here, so that no other code needs to check the configuration.
import { RondoError } from '@rondo/errors';
import { findStringArray, getNumber, type Gguf } from '@rondo/gguf';
import type { Rope } from '@rondo/tensor';
import type { AttentionLayer, ConfigOptions, ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import { metadataOf, type Metadata } from './metadata.ts';
import type { Routing } from '../routing.ts';
import { readExperts, readRouting } from './mixture.ts';
import { readPredictingBlocks } from './predicting.ts';
import { readOriginalContextLength, readRope, ropeOf, type RopeNumbers } from './rope.ts';

/** How the metadata of an architecture is read. */
export interface TransformerKind extends ConfigOptions {
  /** Kind of the rotation of queries and keys; undefined = no rotation. */
  readonly rope?: Rope['kind'] | undefined;
  /** Kind of the norms. Default: `rms`. */
  readonly norm?: 'rms' | 'layer' | undefined;
  /** Whether a layer may have 0 heads of keys, which means no attention. Default: such a file is refused. */
  readonly mayLackAttention?: boolean | undefined;
  /** Whether a layer may have a feed-forward network of width 0, which means none. Default: such a file is refused. */
  readonly mayLackFeedForward?: boolean | undefined;
  /** How tokens choose experts, for keys that a file does not have. Default: a normalized softmax. */
  readonly routing?: Partial<Routing> | undefined;
}

/** A configuration in which all layers have attention. */
export interface AttentionConfig extends ModelConfig {
  readonly layers: readonly AttentionLayer[];
}

/** A configuration whose layers see all positions with the same rotation, and the data for changes by an architecture. */
export interface Transformer {
  readonly keys: Metadata;
  readonly config: AttentionConfig;
  /** The rotation of all layers; undefined = no rotation. */
  readonly rope: RopeNumbers | undefined;
}

/**
 * The transformer whose metadata keys begin with `name`.
 *
 * @throws RondoError `BAD_CONFIG` naming the key, `UNSUPPORTED` for a scaling of positions that is not implemented
 */
export function readTransformer(
  gguf: Gguf,
  name: string,
  {
    rope: ropeKind,
    norm = 'rms',
    mayLackAttention = false,
    mayLackFeedForward = false,
    routing = {},
    mtp = false,
  }: TransformerKind,
): Transformer {
  const keys = metadataOf(gguf, name);
  const blocks = keys.integer('block_count', { most: LIMITS.layers });
  const main = blocks - readPredictingBlocks(keys, blocks, mtp);
  const width = keys.integer('embedding_length', { most: LIMITS.width });
  const contextLength = keys.integer('context_length', { most: LIMITS.contextLength });
  const experts = readExperts(keys, blocks);
  const heads = keys.integers('attention.head_count', blocks, { most: LIMITS.heads });
  const sizes = readHeadSizes(keys, width, heads);
  const numbers = ropeKind && readRope(keys, ropeKind, sizes.keySize, contextLength);
  const rope = numbers && ropeOf(numbers);
  const attentionScale = keys.findPositive('attention.scale') ?? 1 / Math.sqrt(sizes.keySize);
  const kvHeads = readKvHeads(keys, heads, mayLackAttention ? 0 : 1);
  const feedForwardWidths = readFeedForwardWidths(
    keys,
    blocks,
    experts.experts > 0,
    mayLackFeedForward ? 0 : 1,
  );
  const layers = heads.slice(0, mtp ? blocks : main).map((count, layer): AttentionLayer => ({
    kind: 'attention',
    heads: count,
    kvHeads: kvHeads[layer] ?? count,
    ...sizes,
    attentionScale,
    ...(rope && { rope }),
    feedForwardWidth: feedForwardWidths[layer] ?? 0,
    ...(layer >= main && { predicts: true }),
  }));
  const config: AttentionConfig = {
    layers,
    width,
    ...experts,
    routing: readRouting(keys, experts, routing),
    contextLength,
    vocabularySize: vocabularySize(keys),
    epsilon: readEpsilon(keys, norm),
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    hasLongRope: keys.findString('rope.scaling.type') === 'longrope',
    originalContextLength: readOriginalContextLength(keys, contextLength),
  };
  return { keys, config, rope: numbers };
}

function readEpsilon({ gguf, name }: Metadata, norm: 'rms' | 'layer'): number {
  const key = `${name}.attention.layer_norm_${norm === 'rms' ? 'rms_' : ''}epsilon`;
  const epsilon = getNumber(gguf, key);
  if (!(epsilon >= 0 && epsilon < 1)) fail(key, epsilon, 'a number from 0 to 1');
  return epsilon;
}

function readKvHeads(keys: Metadata, heads: readonly number[], least: number): readonly number[] {
  const key = 'attention.head_count_kv';
  if (!keys.has(key)) return heads;
  return keys.integers(key, heads.length, { least, most: LIMITS.heads }).map((kvHeads, layer) => {
    const count = heads[layer] ?? 0;
    if (kvHeads > 0 && count % kvHeads !== 0)
      fail(`${keys.name}.${key}`, `${kvHeads} in layer ${layer}`, `a divisor of the layer's ${count} heads`);
    return kvHeads;
  });
}

function readFeedForwardWidths(
  keys: Metadata,
  blocks: number,
  hasExperts: boolean,
  least: number,
): readonly number[] {
  const expertKey = 'expert_feed_forward_length';
  const key = hasExperts && keys.has(expertKey) ? expertKey : 'feed_forward_length';
  return keys.integers(key, blocks, { least, most: LIMITS.feedForwardWidth });
}

function readHeadSizes(
  keys: Metadata,
  width: number,
  heads: readonly number[],
): Pick<AttentionLayer, 'keySize' | 'valueSize'> {
  const [first = 1] = heads;
  const isDerived = !keys.has('attention.key_length') || !keys.has('attention.value_length');
  if (isDerived && width % first !== 0)
    fail(`${keys.name}.attention.head_count`, first, `a divisor of the width, ${width}`);
  const byDefault = width / first;
  return {
    keySize: keys.integer('attention.key_length', { most: LIMITS.width }, byDefault),
    valueSize: keys.integer('attention.value_length', { most: LIMITS.width }, byDefault),
  };
}

/**
 * Number of tokens in the vocabulary. Each token has a row of the embedding.
 *
 * @throws RondoError `BAD_VOCABULARY` when there are more or fewer rows than tokens
 */
function vocabularySize({ gguf, integer }: Metadata): number {
  const rows = gguf.tensors.get('token_embd.weight')?.shape[0];
  const tokens = findStringArray(gguf, 'tokenizer.ggml.tokens')?.length;
  if (rows !== undefined && tokens !== undefined && rows !== tokens) {
    throw new RondoError(
      'BAD_VOCABULARY',
      `The vocabulary (tokenizer.ggml.tokens) has ${tokens} tokens, and the embedding (token_embd.weight) has ${rows} rows; each token needs one row. Convert the model again.`,
      { details: { tokens, rows } },
    );
  }
  return integer('vocab_size', { most: LIMITS.vocabularySize }, rows ?? tokens ?? 0);
}
