// Compiles a grammar: GBNF, a JSON Schema or a regular expression.
import { buildAutomaton } from './automaton/build.ts';
import { compiled, type Grammar } from './compiled-grammar.ts';
import { parseGbnf } from './gbnf/parse.ts';
import { parseRegex } from './regex/parse.ts';
import { rulesOfSchema } from './schema/rules-of-schema.ts';

/** What a text must match: exactly one of the three forms. */
export type GrammarSource =
  | {
      /** Rules in GBNF, the grammar language of llama.cpp. */
      readonly gbnf: string;
      /** The rule that a whole text matches. @default 'root' */
      readonly root?: string | undefined;
      /** The id of a token that a grammar names as `<text>`; undefined if the model has no such token. */
      readonly tokenOf?: ((text: string) => number | undefined) | undefined;
    }
  | {
      /** A JSON Schema; drafts 4 to 2020-12 as far as the README says. */
      readonly schema: unknown;
    }
  | {
      /** A regular expression that matches a whole text; the README says which part of ECMAScript's syntax. */
      readonly regex: string | RegExp;
    };

/**
 * Compiles a grammar.
 *
 * @throws RondoError `BAD_GRAMMAR` if the grammar cannot be read, matches no text, never advances (left recursion), or
 * exceeds `grammarLimits`; `grammarFailureOf` tells which
 */
export function grammarOf(source: GrammarSource): Grammar {
  if ('schema' in source) {
    const { rules, unsupported } = rulesOfSchema(source.schema);
    return compiled(buildAutomaton(rules), unsupported);
  }
  if ('regex' in source) {
    const bodies = new Map([['regex', parseRegex(source.regex)]]);
    return compiled(buildAutomaton({ root: 'regex', bodies }), []);
  }
  const { gbnf, root = 'root', tokenOf } = source;
  return compiled(buildAutomaton({ root, bodies: parseGbnf(gbnf, tokenOf) }), []);
}
