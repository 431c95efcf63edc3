// Positions between the repetitions of a rule. They are numbers only, so a long repetition needs no memory.
import type { Automaton } from '../automaton/automaton.ts';

/** The position between repetitions, taken apart. */
export interface RepeatPosition {
  /** The index of the repeat. */
  readonly index: number;
  /** Repetitions before the position. For a repeat without a maximum, at most its minimum is counted. */
  readonly done: number;
}

/** Names the positions of an automaton. */
export interface Positions {
  /** The position after one more repetition; after the last repetition, the state after the repeat. */
  afterRepetition(index: number, done: number): number;
  /** Takes a position between repetitions apart. */
  repeatAt(position: number): RepeatPosition;
  /** A position that cannot be told apart from `position` within `reach` bytes. Equal results mean equal behaviour. */
  representative(position: number, reach: number): number;
}

/** Names the positions of an automaton. */
export function createPositions({ states, repeats }: Automaton): Positions {
  function repeatAt(position: number): RepeatPosition {
    let low = 0;
    let high = repeats.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (repeats[middle].base <= position) low = middle;
      else high = middle - 1;
    }
    return { index: low, done: position - repeats[low].base };
  }
  return {
    repeatAt,
    afterRepetition(index, done) {
      const { min, max, after, base } = repeats[index];
      if (done + 1 === max) return after;
      return base + (max === Infinity ? Math.min(done + 1, min) : done + 1);
    },
    representative(position, reach) {
      if (position < states) return position;
      const { index, done } = repeatAt(position);
      const { min, max, base } = repeats[index];
      if (max - done <= reach + 1) return position;
      // A maximum that is out of reach does not matter, nor does a minimum that is.
      if (done >= min) return base + (max === Infinity ? min : Math.max(min, max - reach - 2));
      return base + Math.max(done, min - reach - 2);
    },
  };
}
