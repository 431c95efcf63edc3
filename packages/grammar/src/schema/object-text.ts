// The texts of objects: required properties, then optional ones, then others, each group in the order of the schema.
import { badGrammar } from '../errors.ts';
import {
  choiceOf,
  literal,
  nothing,
  optional,
  repeat,
  sequence,
  sequenceOf,
  type Expression,
} from '../language/expression.ts';
import type { Part } from './conjunction.ts';
import type { SchemaContext } from './context.ts';
import { json, separated } from './json-text.ts';
import { otherKeys } from './other-keys.ts';
import { patternTest } from './patterns.ts';
import { isObject, schemaNode, type SchemaNode, type SchemaObject } from './schema-nodes.ts';
import { patternOf, patternText } from './string-text.ts';

const comma = sequence(literal(','), json.space);

/** The texts of the objects that satisfy all parts. */
export function objectText(context: SchemaContext, parts: readonly Part[]): Expression {
  const nodes = parts.map(({ node }) => node);
  const names = propertyNames(context, nodes);
  const required = requiredNames(context, parts, names);
  const others = otherProperties(context, nodes, names);
  reportObjectKeywords(context, nodes, { names, required, hasOthers: others !== undefined });

  const texts = new Map(
    names.map((name) => [name, propertyText(name, context.valueOf(schemasOf(context, nodes, name)))]),
  );
  const textOf = (name: string): Expression => texts.get(name) ?? nothing;
  const first = names.filter((name) => required.has(name)).map(textOf);
  const later = names.filter((name) => !required.has(name)).map(textOf);
  return members(context, first, later, others);
}

/** `"name": value` */
function propertyText(name: string, value: Expression): Expression {
  return sequence(literal(JSON.stringify(name)), json.space, literal(':'), json.space, value);
}

function members(
  context: SchemaContext,
  required: readonly Expression[],
  later: readonly Expression[],
  others: Expression | undefined,
): Expression {
  const open = sequence(literal('{'), json.space);
  const close = sequence(json.space, literal('}'));
  const tail = others === undefined ? [] : [repeat(sequence(comma, others), 0, Infinity)];
  if (required.length > 0) {
    const [first, ...rest] = required;
    const following = later.map((each) => optional(sequence(comma, each)));
    return sequenceOf([
      open,
      first ?? nothing,
      ...rest.flatMap((each) => [comma, each]),
      ...following,
      ...tail,
      close,
    ]);
  }
  if (later.length === 0) {
    return others === undefined
      ? sequence(open, literal('}'))
      : sequence(open, optional(separated(others)), close);
  }
  // Each property may be the first; what may follow it is a rule, which the rules of earlier properties share.
  const starts: Expression[] = others === undefined ? [] : [separated(others)];
  let following: Expression = sequenceOf(tail);
  for (const each of later.toReversed()) {
    starts.unshift(sequence(each, following));
    following = context.rule('more properties', sequence(optional(sequence(comma, each)), following));
  }
  return sequence(open, optional(choiceOf(starts)), close);
}

/** Names of described and of required properties, in their order. */
function propertyNames(context: SchemaContext, nodes: readonly SchemaObject[]): string[] {
  const names = new Set<string>();
  for (const node of nodes)
    for (const name of Object.keys(record(context, node, 'properties'))) names.add(name);
  for (const node of nodes) for (const name of requiredOf(context, node)) names.add(name);
  return [...names];
}

/**
 * Names that must be there. If `allOf` of several schemas requires nothing, all of its properties must be there, as in
 * llama.cpp.
 */
function requiredNames(
  context: SchemaContext,
  parts: readonly Part[],
  names: readonly string[],
): Set<string> {
  const required = new Set(parts.flatMap(({ node }) => requiredOf(context, node)));
  if (required.size > 0) return required;
  const inAllOf = parts.filter((part) => part.inAllOf && !part.isOptional).map(({ node }) => node);
  return new Set(
    names.filter((name) => inAllOf.some((node) => Object.hasOwn(record(context, node, 'properties'), name))),
  );
}

function requiredOf({ document }: SchemaContext, node: SchemaObject): string[] {
  const { required = [] } = node;
  // Draft 3 had a boolean in the place of the property.
  if (typeof required === 'boolean') return [];
  if (!Array.isArray(required) || required.some((name) => typeof name !== 'string')) {
    throw badGrammar('syntax', 'required is no list of names', document.pointerOf(node));
  }
  return required as string[];
}

/** The schemas that the value of a property must satisfy. */
function schemasOf(context: SchemaContext, nodes: readonly SchemaObject[], name: string): SchemaNode[] {
  return nodes.flatMap((node) => {
    const where = context.document.pointerOf(node);
    const properties = record(context, node, 'properties');
    const own = Object.hasOwn(properties, name)
      ? [schemaNode(properties[name], `${where}/properties/${name}`)]
      : [];
    const patterns = Object.entries(record(context, node, 'patternProperties'));
    const matching = patterns
      .filter(([pattern]) => patternTest(context, node, pattern)(name))
      .map(([, each]) => each);
    const all = [...own, ...matching.map((each) => schemaNode(each, `${where}/patternProperties`))];
    if (all.length > 0 || node['additionalProperties'] === undefined) return all;
    return [schemaNode(node['additionalProperties'], `${where}/additionalProperties`)];
  });
}

/** Whether a schema says nothing of the other properties, or closes the object beside patterns of its own. */
function allowsOnlyPatterns(context: SchemaContext, node: SchemaObject): boolean {
  const { additionalProperties } = node;
  if (additionalProperties === undefined) return true;
  return additionalProperties === false && Object.keys(record(context, node, 'patternProperties')).length > 0;
}

/**
 * The texts of properties that have no name in the schema; undefined if there are none. Such properties are allowed where
 * `additionalProperties` allows them, or where the schema says nothing of the properties.
 */
function otherProperties(
  context: SchemaContext,
  nodes: readonly SchemaObject[],
  names: readonly string[],
): Expression | undefined {
  const patterns = nodes.flatMap((node) => Object.entries(record(context, node, 'patternProperties')));
  const schemas = nodes.flatMap((node) =>
    node['additionalProperties'] === undefined
      ? []
      : [schemaNode(node['additionalProperties'], context.document.pointerOf(node))],
  );
  const [pattern] = patterns;
  if (
    pattern !== undefined &&
    patterns.length === 1 &&
    names.length === 0 &&
    nodes.every((node) => allowsOnlyPatterns(context, node))
  ) {
    const [source, schema] = pattern;
    const value = context.valueOf([schemaNode(schema, 'patternProperties')]);
    const owner = nodes.find((node) => node['patternProperties'] !== undefined) ?? {};
    const name = patternOf(context, owner, source);
    const key = name === undefined ? json.string : sequence(literal('"'), patternText(name), literal('"'));
    return sequence(key, literal(':'), json.space, value);
  }
  const isClosed = schemas.includes(false) || nodes.some((node) => node['unevaluatedProperties'] === false);
  if (isClosed || (schemas.length === 0 && names.length > 0)) return undefined;
  const key = names.length === 0 ? json.string : context.rule('other key', otherKeys(names));
  const value = context.valueOf(schemas);
  return context.rule('other properties', sequence(key, literal(':'), json.space, value));
}

function reportObjectKeywords(
  context: SchemaContext,
  nodes: readonly SchemaObject[],
  {
    names,
    required,
    hasOthers,
  }: { names: readonly string[]; required: ReadonlySet<string>; hasOthers: boolean },
): void {
  for (const node of nodes) {
    for (const keyword of ['propertyNames', 'dependencies', 'dependentRequired', 'dependentSchemas']) {
      if (node[keyword] !== undefined) context.unsupported(node, keyword);
    }
    const {
      minProperties = 0,
      maxProperties = Infinity,
      patternProperties,
      unevaluatedProperties = true,
    } = node;
    if (Number(minProperties) > required.size) context.unsupported(node, 'minProperties');
    if (hasOthers || names.length > Number(maxProperties)) {
      if (maxProperties !== Infinity) context.unsupported(node, 'maxProperties');
    }
    const isPatternOnly =
      names.length === 0 && Object.keys(record(context, node, 'patternProperties')).length === 1;
    const isOpen = hasOthers && !(isPatternOnly && (node['additionalProperties'] ?? false) === false);
    if (patternProperties !== undefined && isOpen) context.unsupported(node, 'patternProperties');
    if (hasOthers && unevaluatedProperties !== true && unevaluatedProperties !== false) {
      context.unsupported(node, 'unevaluatedProperties');
    }
  }
}

function record({ document }: SchemaContext, node: SchemaObject, keyword: string): SchemaObject {
  const value = node[keyword] ?? {};
  if (!isObject(value)) throw badGrammar('syntax', `${keyword} is no object`, document.pointerOf(node));
  return value;
}
