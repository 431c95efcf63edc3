// The slots of a sequence's recurrent states. A state cannot be turned back into the state of an earlier position. So copies
// are kept for positions to which a sequence is likely to go back: before a prompt's last token, and before guessed tokens.
import type { StateRoute } from '@rondo/tensor';

/** The positions whose states the slots hold. */
export interface RecurrentSlots {
  /**
   * Goes back to position `to` or before it, and forgets the states of later positions.
   *
   * @returns the position that was reached, 0 where no slot has states of a position up to `to`
   */
  rewind(to: number): number;
  /**
   * The slots for the next `tokens` tokens, from `position` on, the current position of the sequence. Logits are wanted from
   * the token with the index `logitsFrom` on.
   */
  route(position: number, tokens: number, logitsFrom: number): StateRoute;
}

interface Slot {
  /** The slot holds the states before the token at this position; undefined = the slot is empty. */
  position?: number | undefined;
  /** Whether the states were kept for a prompt, to which the sequence may go back several times. */
  isLasting: boolean;
}

/** Slots without states. */
export function createRecurrentSlots(count: number): RecurrentSlots {
  const slots: readonly Slot[] = Array.from({ length: count }, () => ({ isLasting: false }));

  /** The slot to overwrite: an empty slot first, then a slot that is not lasting, then the slot of the earliest position. */
  function spare(used: readonly (Slot | undefined)[]): Slot | undefined {
    const rank = ({ position = -1, isLasting }: Slot) => [isLasting ? 1 : 0, position] as const;
    return slots
      .filter((slot) => !used.includes(slot))
      .toSorted((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1])[0];
  }

  return {
    rewind(to) {
      let reached = 0;
      for (const slot of slots) {
        if ((slot.position ?? 0) > to) Object.assign(slot, { position: undefined, isLasting: false });
        reached = Math.max(reached, slot.position ?? 0);
      }
      return reached;
    },
    route(position, tokens, logitsFrom) {
      const from = position === 0 ? undefined : slots.find((slot) => slot.position === position);
      if (position > 0 && !from) throw new RangeError(`There are no states of position ${position}.`);
      const isGuessed = tokens - logitsFrom > 1;
      const stays = from?.isLasting === true || (isGuessed && logitsFrom === 0);
      // If there is no other slot, the states before the tokens are overwritten.
      const to = (stays ? spare([from]) : from) ?? from ?? spare([]);
      if (!to) throw new RangeError('A cache without slots.');
      const kept = logitsFrom > 0 && logitsFrom < tokens ? spare([to, stays ? from : undefined]) : undefined;
      Object.assign(to, { position: position + tokens, isLasting: false });
      if (kept) Object.assign(kept, { position: position + logitsFrom, isLasting: !isGuessed });
      return {
        start: position,
        from: from && slots.indexOf(from),
        to: slots.indexOf(to),
        keep: kept && { position: position + logitsFrom, slot: slots.indexOf(kept) },
      };
    },
  };
}
