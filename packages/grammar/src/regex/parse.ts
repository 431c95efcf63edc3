// A regular expression as an expression of the grammar.
import { badGrammar } from '../errors.ts';
import type { Expression } from '../language/expression.ts';
import { textWith, wholeText } from './anchors.ts';
import { readPattern } from './read-pattern.ts';

/**
 * Texts that a regular expression matches as a whole, whether or not it has anchors.
 *
 * @throws RondoError `BAD_GRAMMAR`
 */
export function parseRegex(regex: string | RegExp): Expression {
  const source = typeof regex === 'string' ? regex : regex.source;
  return wholeText(readPattern(source, dotMatchesAll(regex)));
}

/** Texts in which a regular expression occurs: the `pattern` of JSON Schema. @throws RondoError `BAD_GRAMMAR` */
export function parseSearch(source: string): Expression {
  return textWith(readPattern(source, false));
}

function dotMatchesAll(regex: string | RegExp): boolean {
  if (typeof regex === 'string') return false;
  const refused = [...regex.flags].find((flag) => !'dgsuy'.includes(flag));
  if (refused !== undefined) throw badGrammar('unsupported', `the flag ${refused} of a regular expression`);
  return regex.dotAll;
}
