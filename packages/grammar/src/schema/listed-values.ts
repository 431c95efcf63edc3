// The values of `enum` and `const`, and whether a value satisfies the other keywords beside them.
import { badGrammar } from '../errors.ts';
import { choiceOf, literal, type Expression } from '../language/expression.ts';
import type { SchemaContext } from './context.ts';
import type { TypeName } from './keywords.ts';
import { typeKeywords } from './keywords.ts';
import { patternTest } from './patterns.ts';
import { isObject, type SchemaObject } from './schema-nodes.ts';
import { typesOf } from './types.ts';

/**
 * The texts of the listed values that satisfy all schemas; undefined if no schema lists values.
 */
export function listedText(context: SchemaContext, nodes: readonly SchemaObject[]): Expression | undefined {
  const lists = nodes.flatMap((node) => listsOf(context, node));
  const [first, ...others] = lists;
  if (first === undefined) return undefined;
  const keys = others.map((list) => new Set(list.map(canonical)));
  const kept = new Map<string, unknown>();
  for (const value of first) {
    const key = canonical(value);
    if (keys.every((each) => each.has(key)) && nodes.every((node) => satisfies(context, node, value))) {
      kept.set(key, value);
    }
  }
  return choiceOf([...kept.values()].map((value) => literal(JSON.stringify(value))));
}

/** The lists of values of one schema. */
function listsOf({ document }: SchemaContext, node: SchemaObject): unknown[][] {
  const lists: unknown[][] = [];
  if ('const' in node) lists.push([node['const']]);
  const { enum: listed } = node;
  if (listed === undefined) return lists;
  if (!Array.isArray(listed)) throw badGrammar('syntax', 'enum is no list', document.pointerOf(node));
  lists.push(listed as unknown[]);
  return lists;
}

/** Equal texts for equal values: keys are sorted. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'undefined';
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

/** The type of a value, as precise as possible. */
export function typeOf(value: unknown): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  const type = typeof value;
  return type === 'string' || type === 'boolean' ? type : 'object';
}

/**
 * Whether a value satisfies the type and the simple keywords of a schema. Keywords about the insides of objects and arrays
 * are reported instead of checked.
 */
function satisfies(context: SchemaContext, node: SchemaObject, value: unknown): boolean {
  const types = typesOf(context, [node]);
  const type = typeOf(value);
  const isTyped = node['type'] !== undefined;
  if (isTyped && !types.has(type)) return false;
  if (typeof value === 'number') return satisfiesBounds(context, node, value);
  if (typeof value === 'string') return satisfiesLengths(context, node, value);
  for (const keyword of typeKeywords[type] ?? []) {
    if (node[keyword] !== undefined) context.unsupported(node, keyword, 'beside listed values');
  }
  return true;
}

function satisfiesBounds(context: SchemaContext, node: SchemaObject, value: number): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = node;
  if (multipleOf !== undefined) context.unsupported(node, 'multipleOf');
  return (
    !(typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum)) &&
    !(typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum)) &&
    !(typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) &&
    !(typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
  );
}

function satisfiesLengths(context: SchemaContext, node: SchemaObject, value: string): boolean {
  const { minLength = 0, maxLength = Infinity, pattern, format } = node;
  if (format !== undefined) context.unsupported(node, 'format', 'beside listed values');
  const { length } = Array.from(value);
  if (length < Number(minLength) || length > Number(maxLength)) return false;
  return pattern === undefined || patternTest(context, node, String(pattern))(value);
}
