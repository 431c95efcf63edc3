// Finds rules that begin with themselves: such a rule could be entered for ever without reading anything.
import { kindOf, kinds, operandOf, type DraftAutomaton } from './automaton.ts';
import { grouped } from './reachability.ts';

/**
 * A chain of rules of which each begins with the next and the last begins with the first; undefined if there is none.
 *
 * @param isUseful 1 for each state that can reach the end of its rule
 * @param isNullable 1 for each state that can reach the end of its rule by reading nothing
 */
export function leftRecursion(
  draft: DraftAutomaton,
  isUseful: Uint8Array,
  isNullable: Uint8Array,
): number[] | undefined {
  const { states, sources, labels, targets, starts, repeats } = draft;
  const outgoing = grouped(states, sources);

  /** The rules that a rule may begin with. */
  function firstRules(rule: number): number[] {
    const found = new Set<number>();
    const start = starts[rule];
    const seen = new Set([start]);
    const queue = [start];
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      for (let i = outgoing.first[state]; i < outgoing.first[state + 1]; i++) {
        const transition = outgoing.transitions[i];
        const target = targets[transition];
        if (isUseful[target] === 0) continue;
        const label = labels[transition];
        const kind = kindOf(label);
        if (kind === kinds.bytes || kind === kinds.token) continue;
        if (kind !== kinds.empty) {
          const repeat = kind === kinds.repeat ? repeats[operandOf(label)] : undefined;
          const called = repeat?.unit ?? operandOf(label);
          const calledStart = starts[called];
          if (isUseful[calledStart] === 1) found.add(called);
          if (isNullable[calledStart] === 0 && repeat?.min !== 0) continue;
        }
        if (!seen.has(target)) {
          seen.add(target);
          queue.push(target);
        }
      }
    }
    return [...found];
  }

  const isDone = new Uint8Array(starts.length);
  const chain: { rule: number; rest: number[] }[] = [];
  const inChain = new Set<number>();
  for (const root of starts.keys()) {
    if (isDone[root] === 1) continue;
    chain.push({ rule: root, rest: firstRules(root) });
    inChain.add(root);
    for (let top = chain.at(-1); top !== undefined; top = chain.at(-1)) {
      const next = top.rest.pop();
      if (next === undefined) {
        chain.pop();
        inChain.delete(top.rule);
        isDone[top.rule] = 1;
      } else if (inChain.has(next)) {
        const rules = chain.map(({ rule }) => rule);
        return rules.slice(rules.indexOf(next));
      } else if (isDone[next] === 0) {
        chain.push({ rule: next, rest: firstRules(next) });
        inChain.add(next);
      }
    }
  }
  return undefined;
}
