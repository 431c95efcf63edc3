// Which states can reach the end of their rule, by reading something or by reading nothing.
import { kindOf, kinds, operandOf, type DraftAutomaton } from './automaton.ts';

/**
 * 1 for each state that can reach the end of its rule. With `readsNothing`, only transitions that read nothing count.
 * The work grows with the number of transitions.
 */
export function reachesEnd(draft: DraftAutomaton, readsNothing: boolean): Uint8Array {
  const { states, sources, labels, targets, starts, ends, repeats } = draft;
  const incoming = grouped(states, targets);
  const reaches = new Uint8Array(states);
  const ruleOfStart = new Map<number, number>();
  for (const [rule, start] of starts.entries()) ruleOfStart.set(start, rule);
  /** States that reach the end as soon as a rule does. */
  const waiting = new Map<number, number[]>();
  const queue: number[] = [];

  function mark(state: number): void {
    if (reaches[state] === 1) return;
    reaches[state] = 1;
    queue.push(state);
  }

  function markAfterRule(state: number, rule: number): void {
    if (reaches[starts[rule]] === 1) mark(state);
    else {
      const list = waiting.get(rule) ?? [];
      list.push(state);
      waiting.set(rule, list);
    }
  }

  for (const end of ends) mark(end);
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    const rule = ruleOfStart.get(state);
    if (rule !== undefined) for (const each of waiting.get(rule) ?? []) mark(each);
    for (let i = incoming.first[state]; i < incoming.first[state + 1]; i++) {
      const transition = incoming.transitions[i];
      const source = sources[transition];
      const label = labels[transition];
      const kind = kindOf(label);
      const repeat = kind === kinds.repeat ? repeats[operandOf(label)] : undefined;
      if (kind === kinds.call) markAfterRule(source, operandOf(label));
      else if (repeat !== undefined && repeat.min > 0) markAfterRule(source, repeat.unit);
      else if (kind === kinds.empty || repeat !== undefined || !readsNothing) mark(source);
    }
  }
  return reaches;
}

/** The indices of `keys` in groups by key: group k lies from `first[k]` up to `first[k + 1]`, excluded. */
export function grouped(groups: number, keys: Int32Array): { first: Int32Array; transitions: Int32Array } {
  const first = new Int32Array(groups + 1);
  for (const key of keys) first[key + 1] = first[key + 1] + 1;
  for (let i = 0; i < groups; i++) first[i + 1] = first[i + 1] + first[i];
  const next = first.slice();
  const transitions = new Int32Array(keys.length);
  for (const [index, key] of keys.entries()) {
    const at = next[key];
    transitions[at] = index;
    next[key] = at + 1;
  }
  return { first, transitions };
}
