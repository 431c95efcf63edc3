// From rules to the automaton that the engine runs: useless states are left out, left recursion is refused.
import { badGrammar } from '../errors.ts';
import type { Rules } from '../language/expression.ts';
import { kindOf, kinds, operandOf, type Automaton, type DraftAutomaton } from './automaton.ts';
import { draftOf } from './draft.ts';
import { leftRecursion } from './left-recursion.ts';
import { packed } from './packed.ts';
import { grouped, reachesEnd } from './reachability.ts';

/** Rule names that an error shows at most. */
const mostNames = 6;

/**
 * The automaton of the rules.
 *
 * @throws RondoError `BAD_GRAMMAR` if a rule is unknown or begins with itself, if no text matches, or at a limit
 */
export function buildAutomaton(rules: Rules): Automaton {
  const draft = draftOf(rules);
  const isUseful = reachesEnd(draft, false);
  if (isUseful[draft.starts[draft.root]] === 0) {
    throw badGrammar(
      'unsatisfiable',
      'a rule has no finite text',
      namesOf(draft, blockedChain(draft, isUseful)),
    );
  }
  const isNullable = reachesEnd(draft, true);
  const chain = leftRecursion(draft, isUseful, isNullable);
  if (chain !== undefined) {
    throw badGrammar('recursion', 'a rule begins with itself', namesOf(draft, [...chain, chain[0] ?? 0]));
  }
  return packed(draft, isUseful);
}

function namesOf({ names }: DraftAutomaton, chain: readonly number[]): string {
  const shown = chain.slice(0, mostNames).map((rule) => names[rule] ?? '');
  return shown.filter((name, i) => name !== shown[i - 1] || shown.length === 2).join(' → ');
}

/** From the root, rules without a finite text, of which each needs the next. */
function blockedChain(draft: DraftAutomaton, isUseful: Uint8Array): number[] {
  const chain: number[] = [];
  let rule: number | undefined = draft.root;
  while (rule !== undefined && chain.length < mostNames && !chain.includes(rule)) {
    chain.push(rule);
    rule = blockedRule(draft, isUseful, rule);
  }
  return chain;
}

/** A rule without a finite text that a rule calls. */
function blockedRule(draft: DraftAutomaton, isUseful: Uint8Array, rule: number): number | undefined {
  const { sources, labels, starts, repeats } = draft;
  const reached = statesOf(draft, rule);
  for (const [i, label] of labels.entries()) {
    if (!reached.has(sources[i])) continue;
    const kind = kindOf(label);
    const repeat = kind === kinds.repeat ? repeats[operandOf(label)] : undefined;
    const called = kind === kinds.call ? operandOf(label) : repeat?.unit;
    if (called !== undefined && isUseful[starts[called]] === 0) return called;
  }
  return undefined;
}

/** The states that a rule reaches from its start if each called rule matched. */
function statesOf({ sources, targets, starts, states }: DraftAutomaton, rule: number): Set<number> {
  const outgoing = grouped(states, sources);
  const start = starts[rule];
  const seen = new Set([start]);
  const queue = [start];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (let i = outgoing.first[state]; i < outgoing.first[state + 1]; i++) {
      const target = targets[outgoing.transitions[i]] ?? 0;
      if (seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}
