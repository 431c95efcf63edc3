// What may come next: the states that read the next byte, each with the stack of the rules it stands in.
import { kindOf, kinds, operandOf, type Automaton } from '../automaton/automaton.ts';
import { badGrammar } from '../errors.ts';
import { grammarLimits } from '../limits.ts';
import type { Frame, FrameStore } from './frames.ts';
import { createPositions, type Positions } from './positions.ts';

/** All readings of a text so far. Entry i of `states` and of `frames` belong together. */
export interface Configurations {
  /** States with transitions that read bytes or tokens. */
  readonly states: readonly number[];
  readonly frames: readonly Frame[];
  /** Whether the rules above the bottom of the stack may have ended. */
  readonly mayEnd: boolean;
}

/** Moves configurations through an automaton. */
export interface Mover {
  readonly positions: Positions;
  /** Starts to count the steps of one mask or of one token. */
  restart(): void;
  /** The configurations at a position, above a stack. */
  at(position: number, frame: Frame, store: FrameStore): Configurations;
  /** The configurations after a byte. */
  afterByte(from: Configurations, byte: number, store: FrameStore): Configurations;
  /** The configurations after a token that is named in the grammar. */
  afterToken(from: Configurations, token: number, store: FrameStore): Configurations;
}

/** What a state leads to without reading anything, in its own rule. */
interface Reach {
  /** States with transitions that read bytes or tokens. */
  readonly reading: readonly number[];
  /** Calls: the first state of the rule and the state after it, one after the other. */
  readonly calls: readonly number[];
  readonly repeats: readonly number[];
  readonly isEnd: boolean;
}

/** Moves configurations through an automaton. What states reach is kept. */
export function createMover(automaton: Automaton): Mover {
  const { states, firstTransition, labels, targets, isEnd, starts, repeats, tokenSets } = automaton;
  const reaches: (Reach | undefined)[] = [];
  const positions = createPositions(automaton);
  let steps = 0;

  function reachOf(state: number): Reach {
    return (reaches[state] ??= findReach(state));
  }

  function findReach(start: number): Reach {
    const seen = new Set([start]);
    const reading: number[] = [];
    const calls: number[] = [];
    const repeated: number[] = [];
    let ends = false;
    for (const state of seen) {
      if (isEnd[state] === 1) ends = true;
      let reads = false;
      for (let i = firstTransition[state]; i < firstTransition[state + 1]; i++) {
        const kind = kindOf(labels[i]);
        if (kind === kinds.empty) seen.add(targets[i]);
        else if (kind === kinds.call) calls.push(starts[operandOf(labels[i])], targets[i]);
        else if (kind === kinds.repeat) repeated.push(operandOf(labels[i]));
        else reads = true;
      }
      if (reads) reading.push(state);
    }
    return { reading, calls, repeats: repeated, isEnd: ends };
  }

  /** Whether a position only leads to the end of its rule. Such a position needs no frame. */
  function onlyEnds(position: number): boolean {
    if (position >= states) return false;
    const reach = reachOf(position);
    return reach.isEnd && reach.reading.length + reach.calls.length + reach.repeats.length === 0;
  }

  /** Follows everything that reads nothing from the places, which are positions with frames. */
  function close(places: number[], frames: Frame[], store: FrameStore): Configurations {
    if (places.length === 1 && places[0] < states) {
      const reach = reachOf(places[0]);
      if (!reach.isEnd && reach.calls.length + reach.repeats.length === 0) {
        return {
          states: reach.reading,
          frames: reach.reading.length === 1 ? frames : reach.reading.map(() => frames[0]),
          mayEnd: false,
        };
      }
    }
    const found: number[] = [];
    const foundFrames: Frame[] = [];
    const seenPlaces = new Set<number>();
    const seenStates = new Set<number>();
    let mayEnd = false;

    const enter = (repeatIndex: number, done: number, frame: Frame): void => {
      const { unit, min, max, after } = repeats[repeatIndex];
      if (done >= min) add(after, frame);
      if (done < max) call(starts[unit], positions.afterRepetition(repeatIndex, done), frame);
    };
    const call = (start: number, position: number, frame: Frame): void => {
      add(start, onlyEnds(position) ? frame : store.push(frame, position));
    };
    const add = (position: number, frame: Frame): void => {
      if (position < states) {
        const key = frame.id * states + position;
        if (seenPlaces.has(key)) return;
        seenPlaces.add(key);
      }
      places.push(position);
      frames.push(frame);
    };

    for (let next = 0; next < places.length; next++) {
      const position = places[next];
      const frame = frames[next];
      if (position >= states) {
        const { index, done } = positions.repeatAt(position);
        enter(index, done, frame);
        continue;
      }
      const reach = reachOf(position);
      for (const state of reach.reading) {
        const key = frame.id * states + state;
        if (seenStates.has(key)) continue;
        seenStates.add(key);
        found.push(state);
        foundFrames.push(frame);
      }
      for (let i = 0; i < reach.calls.length; i += 2) call(reach.calls[i], reach.calls[i + 1], frame);
      for (const index of reach.repeats) enter(index, 0, frame);
      if (reach.isEnd) {
        if (frame.below === undefined) mayEnd = true;
        else add(frame.position, frame.below);
      }
      if (places.length > grammarLimits.readings) {
        throw badGrammar('limit', `it has more than ${grammarLimits.readings} readings of the same text`);
      }
    }
    return { states: found, frames: foundFrames, mayEnd };
  }

  return {
    positions,
    restart() {
      steps = 0;
    },
    at(position, frame, store) {
      return close([position], [frame], store);
    },
    afterByte(from, byte, store) {
      steps += 1 + from.states.length;
      if (steps > grammarLimits.steps)
        throw badGrammar('limit', `a token takes more than ${grammarLimits.steps} steps`);
      const places: number[] = [];
      const frames: Frame[] = [];
      for (let i = 0; i < from.states.length; i++) {
        const state = from.states[i];
        for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
          const label = labels[t];
          if (label > 0xffff || byte < label >> 8 || byte > (label & 0xff)) continue;
          places.push(targets[t]);
          frames.push(from.frames[i]);
        }
      }
      return places.length === 0 ? none : close(places, frames, store);
    },
    afterToken(from, token, store) {
      const places: number[] = [];
      const frames: Frame[] = [];
      for (const [i, state] of from.states.entries()) {
        for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
          if (kindOf(labels[t]) !== kinds.token) continue;
          const { ids, negated } = tokenSets[operandOf(labels[t])];
          if (ids.includes(token) === negated) continue;
          places.push(targets[t]);
          frames.push(from.frames[i]);
        }
      }
      return places.length === 0 ? none : close(places, frames, store);
    },
  };
}

/** No reading at all: the text does not match. */
export const none: Configurations = { states: [], frames: [], mayEnd: false };
