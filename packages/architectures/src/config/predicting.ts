// Reads how many blocks at the end of a file predict further tokens, and whether such a block can be used.
import { RondoError } from '@rondo/errors';
import type { Metadata } from './metadata.ts';

/** Tensors of MTP blocks that replace tensors of the model: the embedding, and the output matrix. */
const replacing = /\.nextn\.(embed_tokens|shared_head_head)\./;

/**
 * Number of blocks at the end that predict further tokens. The text does not need these blocks.
 *
 * @throws RondoError `BAD_CONFIG`; with `mtp`, `UNSUPPORTED` unless there is one block, without a matrix in place of the model's
 */
export function readPredictingBlocks(keys: Metadata, blocks: number, mtp: boolean): number {
  const key = 'nextn_predict_layers';
  const count = keys.integer(key, { least: 0, most: blocks - 1 }, 0);
  if (!mtp) return count;
  const name = [...keys.gguf.tensors.keys()].find((one) => replacing.test(one));
  const details = { key: `${keys.name}.${key}`, found: count, ...(name !== undefined && { tensor: name }) };
  if (count === 0) throw unsupported('The model has no MTP block', details);
  if (count > 1) throw unsupported(`The model has ${count} MTP blocks, and only one is supported`, details);
  if (name !== undefined)
    throw unsupported(`The MTP block of the model has a matrix "${name}", which is not supported`, details);
  return count;
}

/** The error for `mtp` where it cannot be used. */
function unsupported(what: string, details: Readonly<Record<string, unknown>>): RondoError {
  return new RondoError('UNSUPPORTED', `${what}: load the model without \`mtp\`.`, { details });
}
