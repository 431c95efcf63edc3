// Stacks of return positions. Stacks with the same positions are the same object, so that they can be compared at once.

/** The top of a stack: where a rule returns to, above another stack. */
export interface Frame {
  /** Distinguishes the frames of one store. */
  readonly id: number;
  /** The position after the rule returns. */
  readonly position: number;
  /** The rest of the stack; undefined for the bottom. */
  readonly below: Frame | undefined;
  /** The known frames above this one, by position. */
  readonly above: Map<number, Frame>;
}

/** Frames over one bottom. They are freed together with the store. */
export interface FrameStore {
  readonly bottom: Frame;
  /** The number of frames ever made. */
  readonly count: number;
  /** The stack with `position` on top of `frame`. */
  push(frame: Frame, position: number): Frame;
}

/** A store with nothing but a bottom. */
export function createFrames(): FrameStore {
  let count = 1;
  return {
    bottom: { id: 0, position: -1, below: undefined, above: new Map() },
    get count() {
      return count;
    },
    push(frame, position) {
      const known = frame.above.get(position);
      if (known !== undefined) return known;
      const made: Frame = { id: count++, position, below: frame, above: new Map() };
      frame.above.set(position, made);
      return made;
    },
  };
}
