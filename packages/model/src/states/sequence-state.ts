// What a model keeps of one sequence, and how far back it can go on from.
import type { ModelConfig } from '@rondo/architectures';
import type { KvCache } from '@rondo/tensor';

/** The state of one sequence. */
export interface SequenceState {
  readonly cache: KvCache;
  /** Notes that tokens up to position `end` are being stored, whether or not the pass that stores them succeeds. */
  storing(end: number): void;
  /**
   * Goes back, so that the next token is stored at position `to` or before it.
   *
   * @returns the position that was reached: `to`, or 0 where a layer with a window has overwritten what precedes `to`
   */
  rewind(to: number): number;
}

/** The state of a sequence that has no tokens yet. */
export function createSequenceState({ layers }: Pick<ModelConfig, 'layers'>, cache: KvCache): SequenceState {
  /** How many of the tokens stored last can be taken back. */
  let rewindable = Infinity;
  for (const [index, { window }] of layers.entries()) {
    const { keptPositions = Infinity } = cache.layers[index] ?? {};
    if (window !== undefined && keptPositions < cache.capacity)
      rewindable = Math.min(rewindable, keptPositions - window + 1);
  }
  let stored = 0;
  return {
    cache,
    storing(end) {
      stored = Math.max(stored, end);
    },
    rewind(to) {
      if (to >= stored - rewindable) return to;
      stored = 0;
      return 0;
    },
  };
}
