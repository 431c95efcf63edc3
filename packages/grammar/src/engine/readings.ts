// Configurations above an unknown stack, with the transitions between them kept: a deterministic automaton that is made
// while it is used. Source: the lazy construction in Thompson 1968; for grammars, XGrammar (Dong and others 2024).
import { kindOf, kinds, type Automaton } from '../automaton/automaton.ts';
import type { Configurations, Mover } from './configurations.ts';
import { createFrames, type Frame } from './frames.ts';

/** Configurations above an unknown stack. `mayEnd` says that the unknown stack may come next. */
export interface Reading extends Configurations {
  /** The bytes that may come next, if they are few; undefined if they are many. */
  readonly fewBytes: readonly number[] | undefined;
  /** What follows each byte, where known: null for nothing. */
  readonly next: (Reading | null | undefined)[];
  /** Whether it is one state that leads back to itself by many bytes, such as the inside of a string. */
  readonly isLoop: boolean;
}

/** Readings of one automaton. */
export interface Readings {
  /** The reading at a position. */
  at(position: number): Reading;
  /** The reading of one state alone. */
  ofState(state: number): Reading;
  /** The reading after a byte; null for none. */
  after(reading: Reading, byte: number): Reading | null;
  /** The states that lead back to themselves by many bytes, up to a number. */
  loops(most: number): number[];
  /** Forgets the kept readings if they are many. Must not be called during a walk. */
  trim(): void;
}

/** Bytes that count as few. */
const fewBytes = 12;
/** Bytes by which a loop leads back to itself. */
const manyBytes = 16;
/** Readings and frames that are kept. */
const mostReadings = 8192;
const mostFrames = 200_000;

/** Readings of an automaton. */
export function createReadings(automaton: Automaton, mover: Mover): Readings {
  const { states, firstTransition, labels, targets } = automaton;
  let frames = createFrames();
  let count = 0;
  const bySingle = new Map<number, Reading>();
  const byKey = new Map<string, Reading>();
  const byPosition = new Map<number, Reading>();

  function single(state: number, frame: Frame): Reading {
    const key = frame.id * states + state;
    const known = bySingle.get(key);
    if (known !== undefined) return known;
    const made = make({ states: [state], frames: [frame], mayEnd: false });
    bySingle.set(key, made);
    return made;
  }

  function intern(configurations: Configurations): Reading | null {
    const { states: inStates, frames: inFrames, mayEnd } = configurations;
    if (inStates.length === 1 && !mayEnd) return single(inStates[0], inFrames[0]);
    if (inStates.length === 0 && !mayEnd) return null;
    const keys = inStates.map((state, i) => inFrames[i].id * states + state).toSorted((a, b) => a - b);
    const key = `${mayEnd}${keys.join()}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const made = make(configurations);
    byKey.set(key, made);
    return made;
  }

  function make(configurations: Configurations): Reading {
    count += 1;
    return {
      ...configurations,
      fewBytes: nextBytes(configurations.states),
      next: Array.from({ length: 256 }),
      isLoop: isLoop(configurations),
    };
  }

  function isLoop({ states: inStates, frames: inFrames, mayEnd }: Configurations): boolean {
    return inStates.length === 1 && !mayEnd && inFrames[0] === frames.bottom && leadsBack(inStates[0]);
  }

  function leadsBack(state: number): boolean {
    let back = 0;
    for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
      const label = labels[t];
      if (kindOf(label) === kinds.bytes && targets[t] === state) back += (label & 0xff) - (label >> 8) + 1;
    }
    return back >= manyBytes;
  }

  function nextBytes(inStates: readonly number[]): number[] | undefined {
    const bytes = new Set<number>();
    for (const state of inStates) {
      for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
        const label = labels[t];
        if (kindOf(label) !== kinds.bytes) continue;
        for (let byte = label >> 8; byte <= (label & 0xff); byte++) {
          bytes.add(byte);
          if (bytes.size > fewBytes) return undefined;
        }
      }
    }
    return [...bytes].toSorted((a, b) => a - b);
  }

  return {
    at(position) {
      const known = byPosition.get(position);
      if (known !== undefined) return known;
      const made = make(mover.at(position, frames.bottom, frames));
      byPosition.set(position, made);
      return made;
    },
    ofState(state) {
      return single(state, frames.bottom);
    },
    after(reading, byte) {
      const known = reading.next[byte];
      if (known !== undefined) return known;
      const found = intern(mover.afterByte(reading, byte, frames));
      reading.next[byte] = found;
      return found;
    },
    loops(most) {
      const found: number[] = [];
      for (let state = 0; state < states && found.length < most; state++)
        if (leadsBack(state)) found.push(state);
      return found;
    },
    trim() {
      if (count < mostReadings && frames.count < mostFrames) return;
      frames = createFrames();
      count = 0;
      bySingle.clear();
      byKey.clear();
      byPosition.clear();
    },
  };
}
