// Resolves the anchors of a regular expression, which an automaton does not have.
import { badGrammar } from '../errors.ts';
import { anyCodePoint } from '../language/code-points.ts';
import { choiceOf, oneOf, repeat, sequenceOf, type Expression } from '../language/expression.ts';
import type { Pattern } from './pattern.ts';

const anything = repeat(oneOf(anyCodePoint), 0, Infinity);

/** Texts that the pattern matches as a whole. @throws RondoError `BAD_GRAMMAR` for an anchor inside of the pattern */
export function wholeText(pattern: Pattern): Expression {
  return resolve(pattern, []);
}

/**
 * Texts in which the pattern occurs. If it begins with `^` and ends with `$`, the whole text must match, also around
 * alternatives: `^a|b$` matches `a` and `b` and not `ax`. That is narrower than ECMAScript, and as llama.cpp has it.
 *
 * @throws RondoError `BAD_GRAMMAR` for an anchor inside of the pattern
 */
export function textWith(pattern: Pattern): Expression {
  if (pattern.kind === 'choice') {
    const first = pattern.options.at(0);
    const last = pattern.options.at(-1);
    if (first && last && hasAnchor(first, true) && hasAnchor(last, false)) return wholeText(pattern);
  }
  return resolve(pattern, [anything]);
}

/** @param around what stands on a side without an anchor */
function resolve(pattern: Pattern, around: readonly Expression[]): Expression {
  if (pattern.kind === 'choice') return choiceOf(pattern.options.map((option) => resolve(option, around)));
  const parts = pattern.kind === 'sequence' ? pattern.parts : [pattern];
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'choice') return resolve(only, around);
  let first = 0;
  let last = parts.length;
  while (first < last && isAnchor(parts[first], true)) first += 1;
  while (first < last && isAnchor(parts[last - 1], false)) last -= 1;
  const before = first > 0 ? [] : around;
  const after = last < parts.length ? [] : around;
  return sequenceOf([...before, ...parts.slice(first, last).map(expressionOf), ...after]);
}

function hasAnchor(pattern: Pattern, isStart: boolean): boolean {
  if (pattern.kind === 'sequence') return isAnchor(pattern.parts.at(isStart ? 0 : -1), isStart);
  return isAnchor(pattern, isStart);
}

function isAnchor(pattern: Pattern | undefined, isStart: boolean): boolean {
  return pattern?.kind === 'anchor' && pattern.isStart === isStart;
}

function expressionOf(pattern: Pattern): Expression {
  switch (pattern.kind) {
    case 'class':
      return oneOf(pattern.codePoints);
    case 'sequence':
      return sequenceOf(pattern.parts.map(expressionOf));
    case 'choice':
      return choiceOf(pattern.options.map(expressionOf));
    case 'repeat':
      return repeat(expressionOf(pattern.body), pattern.min, pattern.max);
    case 'anchor': {
      const sign = pattern.isStart ? '^' : '$';
      throw badGrammar('unsupported', `the anchor ${sign} stands inside of the regular expression`);
    }
  }
}
