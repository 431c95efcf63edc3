// A constraint for tests: even and odd ids take turns, the first id is even.
import type { TokenConstraint } from '../constraints/token-constraint.ts';

/** A constraint that shows what was asked of it. */
export interface ParityConstraint extends TokenConstraint {
  readonly accepted: readonly number[];
  /** How many masks were computed. */
  readonly masks: number;
  /** How many tokens were taken back. */
  readonly takenBack: number;
}

/** @param canAllow whether the constraint answers for a single token without a mask */
export function parityConstraint(vocabularySize: number, canAllow = false): ParityConstraint {
  const accepted: number[] = [];
  let masks = 0;
  let takenBack = 0;
  const isAllowed = (id: number) => id % 2 === accepted.length % 2;
  return {
    accepted,
    get masks() {
      return masks;
    },
    get takenBack() {
      return takenBack;
    },
    mask() {
      masks++;
      const mask = new Uint32Array(Math.ceil(vocabularySize / 32));
      for (let id = 0; id < vocabularySize; id++)
        if (isAllowed(id)) mask[id >> 5] = ((mask[id >> 5] ?? 0) | (1 << (id & 31))) >>> 0;
      return mask;
    },
    ...(canAllow && { allows: isAllowed }),
    accept(id) {
      if (!isAllowed(id)) throw new Error(`Token ${id} is forbidden after ${accepted.join()}.`);
      accepted.push(id);
    },
    rollback(tokens) {
      if (tokens < 1 || tokens > accepted.length) throw new Error(`No ${tokens} tokens were accepted.`);
      accepted.length -= tokens;
      takenBack += tokens;
    },
  };
}
