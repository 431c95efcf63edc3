// A header of a small model of any architecture, its configuration, and the tensors of one of its layers.
import { f32, string, u32, type Gguf, type MetadataValue } from '@rondo/gguf';
import { architectureOf } from '../registry.ts';

/** A header of four layers of width 8, with two heads of queries and one head of keys. A head has 4 values. */
export function header(name: string, keys: Readonly<Record<string, MetadataValue>> = {}): Gguf {
  const own = {
    block_count: u32(4),
    context_length: u32(64),
    embedding_length: u32(8),
    feed_forward_length: u32(12),
    'attention.head_count': u32(2),
    'attention.head_count_kv': u32(1),
    'attention.layer_norm_rms_epsilon': f32(1e-5),
    'attention.layer_norm_epsilon': f32(1e-5),
    logit_scale: f32(1),
    vocab_size: u32(16),
    ...keys,
  };
  const metadata = new Map<string, MetadataValue>([['general.architecture', string(name)]]);
  for (const [key, value] of Object.entries(own)) metadata.set(`${name}.${key}`, value);
  return { version: 3, metadata, tensors: new Map(), alignment: 32, dataOffset: 0, sizeBytes: 0 };
}

/** The keys of a delta net with one key head of size 2 and two value heads of size 3. */
export const deltaNetKeys = {
  'ssm.conv_kernel': u32(4),
  'ssm.state_size': u32(2),
  'ssm.group_count': u32(1),
  'ssm.time_step_rank': u32(2),
  'ssm.inner_size': u32(6),
};

export const configOf = (gguf: Gguf) => architectureOf(gguf).readConfig(gguf);

/** The tensors of layer 1 by role: `name [rows, columns]`; if roles share a tensor, also `from row FIRST of ROWS`. */
export function rolesOf(name: string, has: readonly string[] = [], keys = {}): Record<string, string> {
  const gguf = header(name, keys);
  const file = { has: (tensor: string) => has.includes(tensor.replace('blk.1.', '')) };
  const tensors = architectureOf(gguf).layerTensors(configOf(gguf), 1, file);
  return Object.fromEntries(
    Object.entries(tensors).map(([role, { name: tensor, shape, fileShape = shape, partOf }]) => [
      role,
      `${tensor.replace('blk.1.', '')} [${fileShape.join(', ')}]${partOf ? ` from row ${partOf.firstRow} of ${partOf.rows}` : ''}`,
    ]),
  );
}
