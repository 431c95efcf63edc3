// The texts of strings: lengths, patterns and formats.
import { badGrammar, grammarFailureOf } from '../errors.ts';
import {
  codePoints,
  difference,
  intersection,
  rangesOf,
  union,
  type CodePoints,
} from '../language/code-points.ts';
import {
  choiceOf,
  literal,
  nothing,
  oneOf,
  repeat,
  sequence,
  sequenceOf,
  type Expression,
} from '../language/expression.ts';
import { parseSearch } from '../regex/parse.ts';
import type { SchemaContext } from './context.ts';
import { formatTexts } from './formats.ts';
import { character, json, rawCharacters } from './json-text.ts';
import { lengthsOf } from './lengths.ts';
import { greatest, least } from './extremes.ts';
import type { SchemaObject } from './schema-nodes.ts';
import { wholeNumber } from './whole-number.ts';

const quotation = literal('"');

/** The texts of the strings that satisfy all schemas. One pattern or one format is imposed; others are reported. */
export function stringText(context: SchemaContext, nodes: readonly SchemaObject[]): Expression {
  const shortestAllowed = greatest(nodes.map((node) => wholeNumber(context, node, 'minLength', 0)));
  const longestAllowed = least(nodes.map((node) => wholeNumber(context, node, 'maxLength', Infinity)));
  if (longestAllowed < shortestAllowed) return nothing;
  const content = contentOf(context, nodes);
  if (content === undefined) {
    if (shortestAllowed === 0 && longestAllowed === Infinity) return json.string;
    return sequence(quotation, repeat(character, shortestAllowed, longestAllowed), quotation);
  }
  const [shortest, longest] = lengthsOf(content);
  if (shortest > longestAllowed || longest < shortestAllowed) return nothing;
  for (const node of nodes) {
    if (wholeNumber(context, node, 'minLength', 0) > shortest)
      context.unsupported(node, 'minLength', 'beside a pattern');
    if (wholeNumber(context, node, 'maxLength', Infinity) < longest) {
      context.unsupported(node, 'maxLength', 'beside a pattern');
    }
  }
  return sequence(quotation, patternText(content), quotation);
}

/** What a pattern or a format allows, before escaping; undefined if there is none. */
function contentOf(context: SchemaContext, nodes: readonly SchemaObject[]): Expression | undefined {
  let content: Expression | undefined;
  const seen = new Set<string>();
  for (const node of nodes) {
    for (const keyword of ['pattern', 'format'] as const) {
      const value = node[keyword];
      const key = `${keyword} ${String(value)}`;
      if (value === undefined || seen.has(key)) continue;
      seen.add(key);
      if (content !== undefined) {
        context.unsupported(node, keyword, 'beside another one');
        continue;
      }
      content = keyword === 'pattern' ? patternOf(context, node, value) : formatTexts.get(String(value));
      if (keyword === 'format' && content === undefined) context.unsupported(node, keyword, String(value));
    }
  }
  return content;
}

/** The texts that a pattern describes; undefined for a pattern that is not supported, which is reported. */
export function patternOf(
  context: SchemaContext,
  node: SchemaObject,
  source: unknown,
): Expression | undefined {
  const where = context.document.pointerOf(node);
  if (typeof source !== 'string') throw badGrammar('syntax', 'pattern is no text', where);
  try {
    return parseSearch(source);
  } catch (error) {
    if (grammarFailureOf(error) !== 'unsupported') throw error;
    context.unsupported(node, 'pattern', source);
    return undefined;
  }
}

/** Texts inside of a JSON string, each character as `JSON.stringify` writes it. */
export function patternText(content: Expression): Expression {
  return escaped(content, new Map());
}

function escaped(content: Expression, known: Map<string, Expression>): Expression {
  switch (content.kind) {
    case 'class': {
      const key = content.codePoints.join();
      let text = known.get(key);
      if (text === undefined) known.set(key, (text = escapedClass(content.codePoints)));
      return text;
    }
    case 'sequence':
      return sequenceOf(joined(content.parts.map((part) => escaped(part, known))));
    case 'choice':
      return choiceOf(content.options.map((option) => escaped(option, known)));
    case 'repeat':
      return repeat(escaped(content.body, known), content.min, content.max);
    default:
      return content;
  }
}

/** Literals beside each other become one. */
function joined(parts: readonly Expression[]): Expression[] {
  const result: Expression[] = [];
  for (const part of parts) {
    const before = result.at(-1);
    if (part.kind === 'bytes' && before?.kind === 'bytes') {
      result[result.length - 1] = { kind: 'bytes', bytes: Uint8Array.from([...before.bytes, ...part.bytes]) };
    } else result.push(part);
  }
  return result;
}

/** Everything that a JSON string contains as it is, U+007F included. */
const unescaped = union(rawCharacters, codePoints([0x7f, 0x7f]));

function escapedClass(set: CodePoints): Expression {
  const raw = intersection(set, unescaped);
  const options: Expression[] = [];
  const [first, last] = raw;
  if (raw.length === 2 && first === last && first !== undefined)
    options.push(literal(String.fromCodePoint(first)));
  else if (raw.length > 0) options.push(oneOf(raw));
  for (const [from, to] of rangesOf(difference(set, raw))) {
    for (let codePoint = from; codePoint <= to; codePoint++) {
      options.push(literal(JSON.stringify(String.fromCodePoint(codePoint)).slice(1, -1)));
    }
  }
  return options.length === 0 ? nothing : choiceOf(options);
}
