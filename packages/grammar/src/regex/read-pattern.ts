// Reads a regular expression in ECMAScript's syntax. Source: ECMA-262, section 22.2.1, and its Annex B for literal braces.
import { complement } from '../language/code-points.ts';
import { textReader, type TextReader } from '../language/text-reader.ts';
import { dotAll, dotSet, readClass, readClassEscape, readEscape } from './classes.ts';
import type { Pattern } from './pattern.ts';

/**
 * Reads a regular expression.
 *
 * @param dotMatchesAll whether `.` matches line ends, as with the flag s
 * @throws RondoError `BAD_GRAMMAR`: `unsupported` names a construct that no automaton has, such as a lookahead
 */
export function readPattern(source: string, dotMatchesAll: boolean): Pattern {
  const reader = textReader(source);
  const pattern = readChoice(reader, dotMatchesAll);
  if (!reader.isDone) reader.fail(`${reader.peek()} has no beginning`);
  return pattern;
}

function readChoice(reader: TextReader, dotMatchesAll: boolean): Pattern {
  const options = [readSequence(reader, dotMatchesAll)];
  while (reader.take('|')) options.push(readSequence(reader, dotMatchesAll));
  const [only] = options;
  return options.length === 1 && only !== undefined ? only : { kind: 'choice', options };
}

function readSequence(reader: TextReader, dotMatchesAll: boolean): Pattern {
  const parts: Pattern[] = [];
  while (!reader.isDone && reader.peek() !== '|' && reader.peek() !== ')') {
    const start = reader.at;
    const atom = readAtom(reader, dotMatchesAll);
    parts.push(readQuantifier(reader, atom, start));
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'sequence', parts };
}

function readAtom(reader: TextReader, dotMatchesAll: boolean): Pattern {
  const character = reader.next();
  switch (character) {
    case '^':
      return { kind: 'anchor', isStart: true };
    case '$':
      return { kind: 'anchor', isStart: false };
    case '.':
      return { kind: 'class', codePoints: dotMatchesAll ? dotAll : dotSet };
    case '[': {
      const negated = reader.take('^');
      const set = readClass(reader);
      return { kind: 'class', codePoints: negated ? complement(set) : set };
    }
    case '(':
      return readGroup(reader, dotMatchesAll);
    case '\\':
      return readBackslash(reader);
    case '*':
    case '+':
    case '?':
      reader.at -= 1;
      return reader.fail(`${character} has nothing to repeat`);
    default:
      return characterOf(character.codePointAt(0) ?? 0);
  }
}

function characterOf(codePoint: number): Pattern {
  return { kind: 'class', codePoints: [codePoint, codePoint] };
}

function readGroup(reader: TextReader, dotMatchesAll: boolean): Pattern {
  if (reader.take('?')) {
    for (const look of ['=', '!', '<=', '<!']) {
      if (reader.take(look)) reader.fail(`(?${look} looks around`, 'unsupported');
    }
    if (reader.take('<')) while (!reader.isDone && !reader.take('>')) reader.next();
    else if (!reader.take(':')) reader.fail(`the group (?${reader.peek()}`, 'unsupported');
  }
  const group = reader.nested(() => readChoice(reader, dotMatchesAll));
  reader.expect(')');
  return group;
}

function readBackslash(reader: TextReader): Pattern {
  const next = reader.peek();
  if (next === 'b' || next === 'B') reader.fail(`the word boundary \\${next}`, 'unsupported');
  if (/^[1-9]$/.test(next)) reader.fail(`the back reference \\${next}`, 'unsupported');
  if (next === 'k') reader.fail('the back reference \\k', 'unsupported');
  const set = readClassEscape(reader);
  return set === undefined ? characterOf(readEscape(reader)) : { kind: 'class', codePoints: set };
}

function readQuantifier(reader: TextReader, body: Pattern, start: number): Pattern {
  const bounds = readBounds(reader);
  if (bounds === undefined) return body;
  if (body.kind === 'anchor') {
    reader.at = start;
    reader.fail('an anchor is repeated');
  }
  const [min, max] = bounds;
  if (max < min) reader.fail(`the maximum ${max} is less than the minimum ${min}`);
  // A lazy quantifier matches the same texts.
  reader.take('?');
  if (/^[*+?]$/.test(reader.peek())) reader.fail(`${reader.peek()} has nothing to repeat`);
  return { kind: 'repeat', body, min, max };
}

/** The bounds of a quantifier; undefined if none comes next. A brace that is no quantifier stands for itself. */
function readBounds(reader: TextReader): [number, number] | undefined {
  if (reader.take('*')) return [0, Infinity];
  if (reader.take('+')) return [1, Infinity];
  if (reader.take('?')) return [0, 1];
  const start = reader.at;
  if (!reader.take('{')) return undefined;
  const min = reader.number();
  let max = min;
  if (reader.take(',')) max = reader.number() ?? Infinity;
  if (min !== undefined && max !== undefined && reader.take('}')) return [min, max];
  reader.at = start;
  return undefined;
}
