// The shape of the keys and values of a model.
import type { ModelConfig } from '@rondo/architectures';
import type { KvCacheDType, KvCacheShape } from '@rondo/tensor';

/** The shape of one sequence's keys and values. */
export function kvCacheShape(
  { layers, kvHeads, headSize }: ModelConfig,
  capacity: number,
  dtype: KvCacheDType,
  pageBytes?: number,
): KvCacheShape {
  return { layers, heads: kvHeads, headSize, capacity, dtype, pageBytes };
}
