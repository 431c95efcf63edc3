// GBNF, the grammar language of llama.cpp. Source: its grammars/README.md.
import { anyCodePoint } from '../language/code-points.ts';
import { choiceOf, oneOf, repeat, rule, sequenceOf, type Expression } from '../language/expression.ts';
import { textReader, type TextReader } from '../language/text-reader.ts';
import { grammarLimits } from '../limits.ts';
import { readClass, readLiteral } from './characters.ts';

/** The id of a token by its text; undefined if there is none. */
export type TokenOf = (text: string) => number | undefined;

const nameCharacter = /^[a-zA-Z0-9_-]$/;

/**
 * The rules of a grammar in GBNF by name. Whether every rule is defined is not checked.
 *
 * @param tokenOf the ids of tokens that the grammar names by their text
 * @throws RondoError `BAD_GRAMMAR` with the line and column
 */
export function parseGbnf(text: string, tokenOf?: TokenOf): Map<string, Expression> {
  const reader = textReader(text);
  const bodies = new Map<string, Expression>();
  skipSpace(reader, true);
  while (!reader.isDone) {
    const name = readName(reader);
    if (name === '') reader.fail('the name of a rule is missing');
    skipSpace(reader, false);
    reader.expect('::=');
    if (bodies.has(name)) reader.fail(`the rule ${name} is defined twice`);
    skipSpace(reader, true);
    bodies.set(name, readChoice(reader, false, tokenOf));
    if (!reader.isDone && !/^[\r\n]$/.test(reader.peek())) reader.fail('the end of the line is missing');
    skipSpace(reader, true);
  }
  return bodies;
}

/** Skips blanks and comments. */
function skipSpace(reader: TextReader, overLines: boolean): void {
  for (;;) {
    const character = reader.peek();
    if (character === '#') while (!reader.isDone && !/^[\r\n]$/.test(reader.peek())) reader.next();
    else if (character === ' ' || character === '\t') reader.next();
    else if (overLines && (character === '\n' || character === '\r')) reader.next();
    else return;
  }
}

function readName(reader: TextReader): string {
  let name = '';
  while (nameCharacter.test(reader.peek())) name += reader.next();
  return name;
}

function readChoice(reader: TextReader, isNested: boolean, tokenOf: TokenOf | undefined): Expression {
  const options = [readSequence(reader, isNested, tokenOf)];
  while (takeBar(reader)) {
    skipSpace(reader, true);
    options.push(readSequence(reader, isNested, tokenOf));
  }
  return choiceOf(options);
}

/** Reads a bar; also one that begins the next line. */
function takeBar(reader: TextReader): boolean {
  const start = reader.at;
  skipSpace(reader, true);
  if (reader.take('|')) return true;
  reader.at = start;
  return false;
}

function readSequence(reader: TextReader, isNested: boolean, tokenOf: TokenOf | undefined): Expression {
  const parts: Expression[] = [];
  for (;;) {
    const item = readItem(reader, tokenOf);
    if (item === undefined) break;
    skipSpace(reader, isNested);
    parts.push(readRepetitions(reader, item, isNested));
  }
  return sequenceOf(parts);
}

/** One item without its repetitions; undefined if none comes next. */
function readItem(reader: TextReader, tokenOf: TokenOf | undefined): Expression | undefined {
  const character = reader.peek();
  if (character === '"') return readLiteral(reader);
  if (character === '[') return readClass(reader);
  if (character === '.') {
    reader.next();
    return oneOf(anyCodePoint);
  }
  if (character === '(') {
    reader.next();
    skipSpace(reader, true);
    const group = reader.nested(() => readChoice(reader, true, tokenOf));
    skipSpace(reader, true);
    reader.expect(')');
    return group;
  }
  if (character === '<' || character === '!') return readToken(reader, tokenOf);
  const name = readName(reader);
  return name === '' ? undefined : rule(name);
}

/** `<[id]>` or `<text>`, after `!` if it is negated. */
function readToken(reader: TextReader, tokenOf: TokenOf | undefined): Expression {
  const negated = reader.take('!');
  const start = reader.at;
  reader.expect('<');
  if (reader.take('[')) {
    const id = reader.number();
    if (id === undefined || !Number.isSafeInteger(id)) reader.fail('the id of a token is missing');
    reader.expect(']>');
    return { kind: 'token', ids: [id], negated };
  }
  let text = '<';
  while (!reader.isDone && !text.endsWith('>')) text += reader.next();
  if (!text.endsWith('>')) reader.fail('> is missing');
  const id = tokenOf?.(text);
  if (id === undefined) {
    reader.at = start;
    reader.fail(`${text} is not a token of the vocabulary`);
  }
  return { kind: 'token', ids: [id], negated };
}

/** Reads `*`, `+`, `?` and `{m,n}` behind an item, also several. */
function readRepetitions(reader: TextReader, item: Expression, isNested: boolean): Expression {
  let body = item;
  for (let operators = 0; ; operators++) {
    if (operators > grammarLimits.operators) {
      reader.fail(`an item has more than ${grammarLimits.operators} repetitions`, 'limit');
    }
    if (reader.take('*')) body = repeat(body, 0, Infinity);
    else if (reader.take('+')) body = repeat(body, 1, Infinity);
    else if (reader.take('?')) body = repeat(body, 0, 1);
    else if (reader.take('{')) body = readBounds(reader, body);
    else return body;
    skipSpace(reader, isNested);
  }
}

function readBounds(reader: TextReader, body: Expression): Expression {
  skipSpace(reader, true);
  const min = reader.number();
  if (min === undefined) reader.fail('a number of repetitions is missing');
  skipSpace(reader, true);
  let max = min;
  if (reader.take(',')) {
    skipSpace(reader, true);
    max = reader.number() ?? Infinity;
    skipSpace(reader, true);
  }
  reader.expect('}');
  if (max < min) reader.fail(`the maximum ${max} is less than the minimum ${min}`);
  if (min > grammarLimits.repetitions) {
    reader.fail(`more than ${grammarLimits.repetitions} repetitions are required`, 'limit');
  }
  if (nestedRepetitions(body) * (Number.isFinite(max) ? max : 1) > grammarLimits.nestedRepetitions) {
    reader.fail(`nested repetitions allow more than ${grammarLimits.nestedRepetitions} items`, 'limit');
  }
  return repeat(body, min, max);
}

/** The largest product of the maximums of repetitions inside of each other. */
function nestedRepetitions(expression: Expression): number {
  if (expression.kind === 'repeat') {
    const { body, max } = expression;
    return nestedRepetitions(body) * (Number.isFinite(max) ? Math.max(1, max) : 1);
  }
  const parts =
    expression.kind === 'sequence'
      ? expression.parts
      : expression.kind === 'choice'
        ? expression.options
        : [];
  return parts.reduce((most, part) => Math.max(most, nestedRepetitions(part)), 1);
}
