// The state that a model keeps of one sequence, and how far back the sequence can go.
import type { ModelConfig } from '@rondo/architectures';
import type { KvCache } from '@rondo/tensor';
import { createRecurrentSlots } from './recurrent-slots.ts';

/** The state of one sequence. */
export interface SequenceState {
  readonly cache: KvCache;
  /** Notes that tokens up to position `end` are being stored, whether or not the pass that stores them succeeds. */
  storing(end: number): void;
  /**
   * Tells the cache which slots of recurrent states the next pass uses. The pass runs `tokens` tokens from `position` on, the
   * position after the stored tokens. Logits are wanted from the token with the index `logitsFrom` on.
   */
  route(position: number, tokens: number, logitsFrom: number): void;
  /**
   * Goes back, so that the next token is stored at position `to` or before it.
   *
   * @returns the position that was reached: `to`; where there are recurrent states, the last position up to `to` that a slot has
   * the states of; 0 where a layer with a window has overwritten what precedes that position
   */
  rewind(to: number): number;
}

/** The state of a sequence that has no tokens yet. */
export function createSequenceState({ layers }: Pick<ModelConfig, 'layers'>, cache: KvCache): SequenceState {
  /** How many of the tokens stored last can be taken back. */
  let rewindable = Infinity;
  for (const [index, layer] of layers.entries()) {
    const window = layer.kind === 'attention' ? layer.window : undefined;
    const { keptPositions = Infinity } = cache.layers[index] ?? {};
    if (window !== undefined && keptPositions < cache.capacity)
      rewindable = Math.min(rewindable, keptPositions - window + 1);
  }
  const slots = cache.states && createRecurrentSlots(cache.stateSlots ?? 1);
  let stored = 0;
  /** The position that keys and values reach when they go back to `to`. Recurrent states are not regarded. */
  function rewindKeys(to: number): number {
    if (to >= stored - rewindable) return to;
    stored = 0;
    return 0;
  }
  return {
    cache,
    storing(end) {
      stored = Math.max(stored, end);
    },
    route(position, tokens, logitsFrom) {
      if (slots) cache.stateRoute = slots.route(position, tokens, logitsFrom);
    },
    rewind(to) {
      const reached = slots ? slots.rewind(to) : to;
      const found = rewindKeys(reached);
      return found < reached && slots ? slots.rewind(found) : found;
    },
  };
}
