// A compiled grammar. Its automaton is known only inside of the package.
import { RondoError } from '@rondo/errors';
import type { Automaton } from './automaton/automaton.ts';

/** A compiled grammar. It is immutable, and serves any number of matchers and vocabularies. */
export interface Grammar {
  /**
   * Constraints of a JSON Schema that the grammar does not impose, each as a JSON pointer and a keyword, such as
   * `#/properties/tags: uniqueItems`. Empty for GBNF and regular expressions.
   */
  readonly unsupported: readonly string[];
  /** Bytes of memory. */
  readonly bytes: number;
}

const automata = new WeakMap<Grammar, Automaton>();

/** A grammar with an automaton. */
export function compiled(automaton: Automaton, unsupported: readonly string[]): Grammar {
  const grammar: Grammar = { unsupported, bytes: automaton.bytes };
  automata.set(grammar, automaton);
  return grammar;
}

/** The automaton of a grammar. @throws RondoError `BAD_ARGUMENT` if `grammarOf` did not make the grammar */
export function automatonOf(grammar: Grammar): Automaton {
  const automaton = automata.get(grammar);
  if (automaton === undefined) throw new RondoError('BAD_ARGUMENT', 'The grammar is not one of grammarOf.');
  return automaton;
}
