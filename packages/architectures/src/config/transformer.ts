// Reads and checks the metadata that transformers have in common. A number that could make the engine allocate or divide
// wrongly is refused here, so that nothing behind this needs to doubt its configuration.
import { RondoError } from '@rondo/errors';
import {
  findInteger,
  findIntegerOfLayers,
  findStringArray,
  getInteger,
  getNumber,
  type Gguf,
} from '@rondo/gguf';
import type { Rope } from '@rondo/tensor';
import type { ModelConfig } from '../architecture.ts';
import { fail, LIMITS } from './limits.ts';
import { readExperts } from './mixture.ts';
import { readRope } from './rope.ts';

/**
 * The configuration of an architecture whose keys begin with `name`.
 *
 * @throws RondoError `BAD_CONFIG` naming the key, `UNSUPPORTED` for a scaling of positions that is not built
 */
export function readTransformerConfig(gguf: Gguf, name: string, ropeKind: Rope['kind']): ModelConfig {
  const count = (key: string, limit: number, value: number) => {
    if (value < 1 || value > limit) fail(key, value, `a whole number from 1 to ${limit}`);
    return value;
  };
  const blocksKey = `${name}.block_count`;
  const blocks = count(blocksKey, LIMITS.layers, getInteger(gguf, blocksKey));
  const findOfLayers = (key: string) => findIntegerOfLayers(gguf, key, blocks);
  // Blocks at the end that predict tokens ahead; the text does not need them.
  const predictingKey = `${name}.nextn_predict_layers`;
  const predicting = findInteger(gguf, predictingKey) ?? 0;
  if (predicting < 0 || predicting >= blocks)
    fail(predictingKey, predicting, `a whole number from 0 to ${blocks - 1}`);
  const countOfLayers = (key: string, limit: number) =>
    count(key, limit, findOfLayers(key) ?? getInteger(gguf, key));

  const widthKey = `${name}.embedding_length`;
  const width = count(widthKey, LIMITS.width, getInteger(gguf, widthKey));
  const heads = countOfLayers(`${name}.attention.head_count`, LIMITS.heads);
  const kvHeadsKey = `${name}.attention.head_count_kv`;
  const kvHeads = count(kvHeadsKey, heads, findOfLayers(kvHeadsKey) ?? heads);
  if (heads % kvHeads !== 0) fail(kvHeadsKey, kvHeads, `a divisor of the ${heads} heads`);
  const headSize = readHeadSize(gguf, name, { blocks, width, heads });
  const epsilonKey = `${name}.attention.layer_norm_rms_epsilon`;
  const epsilon = getNumber(gguf, epsilonKey);
  if (!(epsilon >= 0 && epsilon < 1)) fail(epsilonKey, epsilon, 'a number from 0 to 1');
  const experts = readExperts(gguf, name, blocks);
  const expertWidthKey = `${name}.expert_feed_forward_length`;
  const hasExpertWidth = experts.experts > 0 && gguf.metadata.has(expertWidthKey);
  const contextKey = `${name}.context_length`;
  return {
    layers: blocks - predicting,
    width,
    heads,
    kvHeads,
    headSize,
    feedForwardWidth: countOfLayers(
      hasExpertWidth ? expertWidthKey : `${name}.feed_forward_length`,
      LIMITS.feedForwardWidth,
    ),
    ...experts,
    contextLength: count(contextKey, LIMITS.contextLength, getInteger(gguf, contextKey)),
    vocabularySize: vocabularySize(gguf, name, count),
    epsilon,
    ...readRope(gguf, name, ropeKind, headSize, blocks),
  };
}

function readHeadSize(
  gguf: Gguf,
  name: string,
  { blocks, width, heads }: { readonly blocks: number; readonly width: number; readonly heads: number },
): number {
  const keyKey = `${name}.attention.key_length`;
  const keyLength = findIntegerOfLayers(gguf, keyKey, blocks);
  if (keyLength === undefined && width % heads !== 0)
    fail(`${name}.attention.head_count`, heads, `a divisor of the width, ${width}`);
  const headSize = keyLength ?? width / heads;
  if (headSize < 1 || headSize > LIMITS.width)
    fail(keyKey, headSize, `a whole number from 1 to ${LIMITS.width}`);
  const valueKey = `${name}.attention.value_length`;
  const valueLength = findIntegerOfLayers(gguf, valueKey, blocks) ?? headSize;
  if (valueLength === headSize) return headSize;
  throw new RondoError(
    'UNSUPPORTED',
    `Values of another size than keys are not supported yet: ${valueKey} = ${valueLength}, keys have ${headSize}.`,
    { details: { key: valueKey, found: valueLength, expected: headSize } },
  );
}

/**
 * Tokens of the vocabulary, each with a row of the embedding.
 *
 * @throws RondoError `BAD_VOCABULARY` when there are more or fewer rows than tokens
 */
function vocabularySize(
  gguf: Gguf,
  name: string,
  count: (key: string, limit: number, value: number) => number,
): number {
  const rows = gguf.tensors.get('token_embd.weight')?.shape[0];
  const tokens = findStringArray(gguf, 'tokenizer.ggml.tokens')?.length;
  if (rows !== undefined && tokens !== undefined && rows !== tokens) {
    throw new RondoError(
      'BAD_VOCABULARY',
      `The vocabulary (tokenizer.ggml.tokens) has ${tokens} tokens, and the embedding (token_embd.weight) has ${rows} rows; each token needs one row. Convert the model again.`,
      { details: { tokens, rows } },
    );
  }
  return count(`${name}.vocab_size`, LIMITS.vocabularySize, rows ?? tokens ?? 0);
}
