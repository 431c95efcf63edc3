// Packs a draft: useless transitions are left out, the others of one state lie beside each other.
import { createIntegers } from '../common/integers.ts';
import { kindOf, kinds, operandBits, operandOf, type Automaton, type DraftAutomaton } from './automaton.ts';
import { grouped } from './reachability.ts';

/** Transitions that a state takes over from the states it leads to without reading, at most. */
const mostTakenOver = 64;

/**
 * The automaton of a draft.
 *
 * @param isUseful 1 for each state that can reach the end of its rule
 */
export function packed(draft: DraftAutomaton, isUseful: Uint8Array): Automaton {
  const { states, starts, names, repeats, tokenSets, root } = draft;
  const outgoing = grouped(states, draft.sources);
  const labelsInUse = usefulLabels(draft, isUseful);
  const isEnd = new Uint8Array(states);
  for (const end of draft.ends) isEnd[end] = 1;

  const firstTransition = new Int32Array(states + 1);
  const labels = createIntegers();
  const targets = createIntegers();
  for (let state = 0; state < states; state++) {
    firstTransition[state] = labels.length;
    for (const transition of transitionsFrom(state)) {
      labels.push(labelsInUse[transition]);
      targets.push(draft.targets[transition]);
    }
  }
  firstTransition[states] = labels.length;

  function ownTransitions(state: number): number[] {
    const own: number[] = [];
    for (let i = outgoing.first[state]; i < outgoing.first[state + 1]; i++) {
      const transition = outgoing.transitions[i];
      if (labelsInUse[transition] >= 0) own.push(transition);
    }
    return own;
  }

  /**
   * The transitions of a state. If everything that the state leads to without reading does nothing but read bytes, the
   * state reads these bytes itself: then it is one configuration instead of several.
   */
  function transitionsFrom(state: number): number[] {
    const own = ownTransitions(state);
    const isEmpty = (transition: number): boolean => kindOf(labelsInUse[transition]) === kinds.empty;
    if (!own.some(isEmpty)) return own;
    const reading: number[] = [];
    const reached = new Set([state]);
    for (const each of reached) {
      if (isEnd[each] === 1) return own;
      for (const transition of ownTransitions(each)) {
        if (isEmpty(transition)) reached.add(draft.targets[transition]);
        else if (kindOf(labelsInUse[transition]) === kinds.bytes) reading.push(transition);
        else return own;
        if (reading.length > mostTakenOver) return own;
      }
    }
    return reading;
  }

  return {
    states,
    firstTransition,
    labels: labels.toArray(),
    targets: targets.toArray(),
    isEnd,
    starts,
    names,
    repeats,
    tokenSets,
    root,
    bytes: 8 * labels.length + 5 * states + 64 * (names.length + repeats.length),
  };
}

/** The labels of transitions that can be part of a match; -1 for the others. */
function usefulLabels(
  { labels, targets, starts, repeats }: DraftAutomaton,
  isUseful: Uint8Array,
): Int32Array {
  const matches = (rule: number): boolean => isUseful[starts[rule]] === 1;
  return labels.map((label, transition) => {
    if (isUseful[targets[transition]] === 0) return -1;
    const kind = kindOf(label);
    if (kind === kinds.call) return matches(operandOf(label)) ? label : -1;
    if (kind !== kinds.repeat) return label;
    const { unit, min } = repeats[operandOf(label)];
    if (matches(unit)) return label;
    // No repetition at all is left.
    return min === 0 ? kinds.empty * 2 ** operandBits : -1;
  });
}
