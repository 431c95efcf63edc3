// Computes which tokens may come next. Each configuration is looked up or walked on its own; outcomes that do not depend
// on the stack are kept, as in XGrammar (Dong and others 2024, "Flexible and Efficient Structured Generation Engine").
import { kindOf, kinds, operandOf, type Automaton } from '../automaton/automaton.ts';
import type { TokenTrie } from '../vocabulary.ts';
import { createMover, type Configurations, type Mover } from './configurations.ts';
import type { Frame } from './frames.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { createReadings } from './readings.ts';
import { outcomeOfRepeat, walkRepeat, type RepeatWalk } from './repeat-walk.ts';
import { createKeptValues, type Kept } from '../common/kept-values.ts';
import { addTo } from './token-set.ts';
import { walkUnit, type UnitWalk } from './unit-walk.ts';
import { createWalker, nothingFound, type Found, type Loop } from './walk.ts';

/** An automaton together with a vocabulary. */
export interface Engine {
  readonly mover: Mover;
  /** Adds the tokens that may come next to a bit set. End tokens are not added. */
  addTokens(configurations: Configurations, mask: Uint32Array): void;
}

/** Places of a kind that are looked at ahead, at most. */
const mostPrepared = 64;

/**
 * An engine. Making it takes as long as a few walks through the vocabulary, some 50 ms each for 150,000 tokens.
 *
 * @param mostBytes bytes of outcomes that are kept; the least recently used outcomes are dropped first
 */
export function createEngine(automaton: Automaton, trie: TokenTrie, mostBytes: number): Engine {
  const { states, firstTransition, labels, targets, starts, repeats, tokenSets } = automaton;
  const mover = createMover(automaton);
  const readings = createReadings(automaton, mover);
  const outcomes = createKeptValues<number | string, Outcome>(mostBytes / 2);
  const walks = createKeptValues<string, UnitWalk | RepeatWalk | Loop | undefined>(mostBytes / 2);
  const walker = createWalker(trie, readings, loopOf);

  function loopOf(state: number, make: () => Loop): Loop {
    const { value } = walks.get(`loop ${state}`, () => {
      const made = make();
      return { value: made, bytes: made.bytes };
    });
    return value as Loop;
  }

  function keptOutcome(key: number | string, find: () => Outcome): Kept<Outcome> {
    return outcomes.get(key, () => {
      const value = find();
      return { value, bytes: value.bytes };
    });
  }

  /** The outcome of a state alone. */
  function stateOutcome(state: number): Outcome {
    const found = nothingFound();
    walkState(state, found);
    return outcomeOf(trie, found, namedTokens(state));
  }

  /** The tokens that the grammar names at a state. */
  function namedTokens(state: number): number[] {
    const tokens: number[] = [];
    for (let t = firstTransition[state]; t < firstTransition[state + 1]; t++) {
      if (kindOf(labels[t]) !== kinds.token) continue;
      const { ids, negated } = tokenSets[operandOf(labels[t])];
      if (negated) {
        for (let token = 0; token < trie.tokens; token++) if (!ids.includes(token)) tokens.push(token);
      } else for (const id of ids) if (id < trie.tokens) tokens.push(id);
    }
    return tokens;
  }

  /** Follows a literal byte by byte, which needs no readings. Anything else is walked. */
  function walkState(first: number, found: Found): void {
    let state = first;
    let node = 0;
    for (;;) {
      const byte = onlyByte(state);
      if (byte === undefined) break;
      node = trie.child(node, byte);
      if (node < 0) return;
      if (trie.tokenAt[node] >= 0) found.accepted.push(node);
      if (trie.ends[node] === node + 1) return;
      state = targets[firstTransition[state]];
    }
    if (node === 0) return walker.walk(0, readings.ofState(state), found);
    const reading = readings.at(state);
    if (reading.mayEnd) found.exits.push(node);
    walker.walk(node, reading, found);
  }

  /** The byte of a state whose only transition reads exactly one byte. */
  function onlyByte(state: number): number | undefined {
    const at = firstTransition[state];
    if (firstTransition[state + 1] !== at + 1 || automaton.isEnd[state] === 1) return undefined;
    const label = labels[at];
    return label <= 0xffff && label >> 8 === (label & 0xff) ? label >> 8 : undefined;
  }

  /** The outcome from the exits of another outcome on, at the position that the rule returns to. */
  function outcomeAfter(owner: Kept<Outcome>, before: Outcome, position: number): Outcome {
    const key = mover.positions.representative(position, trie.longestBytes);
    const known = before.after.get(key);
    if (known !== undefined) return known;
    const reading = readings.at(key);
    const found = nothingFound();
    for (const node of before.exits()) {
      if (reading.mayEnd) found.exits.push(node);
      walker.walk(node, reading, found);
    }
    const made = outcomeOf(trie, found, []);
    before.after.set(key, made);
    outcomes.grow(owner, made.bytes);
    return made;
  }

  function unitWalkOf(unit: number): UnitWalk | undefined {
    const { value } = walks.get(`unit ${unit}`, () => {
      const made = walkUnit(trie, readings, starts[unit]);
      return { value: made, bytes: made?.bytes ?? 0 };
    });
    return value as UnitWalk | undefined;
  }

  function repeatWalkOf(index: number): RepeatWalk | undefined {
    const { value } = walks.get(`repeat ${index}`, () => {
      const unit = unitWalkOf(repeats[index].unit);
      const made = unit && walkRepeat(trie, readings, walker, unit, readings.at(repeats[index].after));
      return { value: made, bytes: made?.bytes ?? 0 };
    });
    return value as RepeatWalk | undefined;
  }

  /** The kept outcome before a repetition of a counted rule; undefined if the configuration is no such place. */
  function repeatOutcome(state: number, frame: Frame): Kept<Outcome> | undefined {
    if (frame.position < states) return undefined;
    const { positions } = mover;
    const { index, done } = positions.repeatAt(positions.representative(frame.position, trie.longestBytes));
    const walked = repeatWalkOf(index);
    if (walked === undefined || walked.startState !== state) return undefined;
    const { min, max } = repeats[index];
    return keptOutcome(`${index} ${done}`, () =>
      outcomeOfRepeat(trie, walked, min - done + 1, max - done + 1),
    );
  }

  /** Looks ahead at the few places that take longest: inside of strings, and at the start of counted repetitions. */
  function prepare(): void {
    for (const state of readings.loops(mostPrepared)) {
      mover.restart();
      loopOf(state, () => walker.wholeWalk(readings.ofState(state)));
      keptOutcome(state, () => stateOutcome(state));
    }
    for (const unit of new Set(repeats.slice(0, mostPrepared).map((repeat) => repeat.unit))) unitWalkOf(unit);
  }

  prepare();
  return {
    mover,
    addTokens(configurations, mask) {
      readings.trim();
      mover.restart();
      for (const [i, state] of configurations.states.entries()) {
        let frame = configurations.frames[i];
        const repeated = repeatOutcome(state, frame);
        if (repeated !== undefined) frame = frame.below ?? frame;
        const owner = repeated ?? keptOutcome(state, () => stateOutcome(state));
        let outcome = owner.value;
        addTo(mask, outcome.tokens);
        while (frame.below !== undefined && outcome.exits().length > 0) {
          outcome = outcomeAfter(owner, outcome, frame.position);
          addTo(mask, outcome.tokens);
          frame = frame.below;
        }
      }
    },
  };
}
