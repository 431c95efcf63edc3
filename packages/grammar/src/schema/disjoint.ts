// Whether no value can satisfy two branches of `oneOf`.
import { anything, conjoin } from './conjunction.ts';
import type { SchemaContext } from './context.ts';
import { canonical, typeOf } from './listed-values.ts';
import { typeNames, type TypeName } from './keywords.ts';
import { isObject, type SchemaNode, type SchemaObject } from './schema-nodes.ts';
import { typesOf } from './types.ts';

/** Branches that are compared, at most; more are taken to overlap. */
const mostBranches = 64;

/**
 * Whether no value satisfies two of the branches, as far as the generated texts go: branches of different types, of
 * different listed values, or of objects with a required property of different listed values (a discriminator).
 */
export function areDisjoint(context: SchemaContext, branches: readonly SchemaNode[]): boolean {
  if (branches.length > mostBranches) return false;
  const all = branches.map((branch) => partsOf(context, branch));
  return all.every((a, i) => all.slice(i + 1).every((b) => areApart(context, a, b)));
}

/** The schemas of a branch; undefined if it chooses between others. */
function partsOf({ document }: SchemaContext, branch: SchemaNode): SchemaObject[] | undefined {
  const { parts, groups } = conjoin(document, anything, [branch]);
  return groups.length > 0 ? undefined : parts.map(({ node }) => node);
}

function areApart(
  context: SchemaContext,
  a: readonly SchemaObject[] | undefined,
  b: readonly SchemaObject[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return false;
  const typesOfB = kindsOf(context, b);
  if (![...kindsOf(context, a)].some((type) => typesOfB.has(type))) return true;
  const valuesOfA = valuesOf(a);
  const valuesOfB = valuesOf(b);
  if (valuesOfA && valuesOfB) return ![...valuesOfA].some((value) => valuesOfB.has(value));
  if (![a, b].every((nodes) => typesOf(context, nodes).size === 1 && typesOf(context, nodes).has('object')))
    return false;
  return requiredOf(a).some((name) => {
    const ofA = valuesOf(propertyOf(a, name));
    const ofB = requiredOf(b).includes(name) ? valuesOf(propertyOf(b, name)) : undefined;
    return ofA !== undefined && ofB !== undefined && ![...ofA].some((value) => ofB.has(value));
  });
}

/** The types of the values that satisfy schemas. */
function kindsOf(context: SchemaContext, nodes: readonly SchemaObject[]): Set<TypeName> {
  const listed = listedOf(nodes);
  if (listed !== undefined) return new Set(listed.map(typeOf));
  return nodes.some(({ type }) => type !== undefined) ? typesOf(context, nodes) : new Set(typeNames);
}

function listedOf(nodes: readonly SchemaObject[]): unknown[] | undefined {
  for (const node of nodes) {
    if ('const' in node) return [node['const']];
    if (Array.isArray(node['enum'])) return node['enum'] as unknown[];
  }
  return undefined;
}

function valuesOf(nodes: readonly SchemaObject[]): Set<string> | undefined {
  const listed = listedOf(nodes);
  return listed && new Set(listed.map(canonical));
}

function requiredOf(nodes: readonly SchemaObject[]): string[] {
  return nodes.flatMap(({ required }) => (Array.isArray(required) ? (required as string[]) : []));
}

function propertyOf(nodes: readonly SchemaObject[], name: string): SchemaObject[] {
  return nodes.flatMap(({ properties }) => {
    const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isObject(property) ? [property] : [];
  });
}
