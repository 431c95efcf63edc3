// The shape of the state that a model keeps of a sequence: keys and values, and recurrent states.
import type { ModelConfig } from '@rondo/architectures';
import type { KvCacheDType, KvCacheShape, KvLayerShape } from '@rondo/tensor';

/** How the keys and values of one sequence are kept. */
export interface KvCacheOptions {
  /** Number of positions of a full context. */
  readonly capacity: number;
  readonly dtype: KvCacheDType;
  /** The most tokens of a batch. The keys and values of a batch are stored before attention uses them. */
  readonly batchTokens: number;
  readonly pageBytes?: number | undefined;
  /** Number of slots of each recurrent state: the current states, and copies to go back to. */
  readonly stateSlots: number;
}

/**
 * The shape of one sequence's keys and values. A layer with a window keeps the window and a batch: each token of the batch sees
 * the window before it, and after a batch the sequence can go back by as many tokens as a batch has.
 */
export function kvCacheShape({ layers }: ModelConfig, options: KvCacheOptions): KvCacheShape {
  const { capacity, dtype, batchTokens, pageBytes, stateSlots } = options;
  return {
    layers: layers.map((layer): KvLayerShape | undefined => {
      if (layer.kind !== 'attention' || layer.sharesLayer !== undefined) return undefined;
      const { kvHeads: heads, keySize, valueSize, window } = layer;
      return {
        heads,
        keySize,
        valueSize,
        ...(window !== undefined && { keptPositions: window - 1 + batchTokens }),
      };
    }),
    ...(layers.some(({ kind }) => kind === 'recurrent') && {
      states: layers.map((layer) => (layer.kind === 'recurrent' ? layer.states : [])),
      stateSlots,
    }),
    capacity,
    dtype,
    pageBytes,
  };
}
