// The types that the values of schemas may have.
import { shownValue } from '@rondo/errors';
import { badGrammar } from '../errors.ts';
import type { SchemaContext } from './context.ts';
import { typeKeywords, typeNames, type TypeName } from './keywords.ts';
import type { SchemaObject } from './schema-nodes.ts';

/**
 * The types that all schemas allow; a number that need not be an integer is both `number` and `integer`. If no schema has
 * a type, the types are those of which the keywords speak; without such keywords, all types.
 */
export function typesOf(context: SchemaContext, nodes: readonly SchemaObject[]): Set<TypeName> {
  const allowed = nodes.flatMap((node) => declaredTypes(context, node) ?? []);
  if (allowed.length > 0) {
    return new Set(typeNames.filter((name) => allowed.every((types) => types.has(name))));
  }
  const spoken = typeNames.filter((name) =>
    nodes.some((node) => typeKeywords[name]?.some((keyword) => node[keyword] !== undefined)),
  );
  if (spoken.length === 0) return new Set(typeNames);
  return new Set(spoken.includes('number') ? [...spoken, 'integer'] : spoken);
}

/** The types of a schema with `type`; undefined without. */
function declaredTypes({ document }: SchemaContext, node: SchemaObject): Set<TypeName> | undefined {
  const { type, nullable } = node;
  if (type === undefined) return undefined;
  const list: unknown[] = Array.isArray(type) ? type : [type];
  const types = new Set<TypeName>();
  for (const each of list) {
    const name = typeNames.find((known) => known === each);
    if (name === undefined)
      throw badGrammar('syntax', `the type ${shownValue(each)} is unknown`, document.pointerOf(node));
    types.add(name);
  }
  if (types.has('number')) types.add('integer');
  // From OpenAPI 3.0.
  if (nullable === true) types.add('null');
  return types;
}
