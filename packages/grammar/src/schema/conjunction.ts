// Schemas that a value must satisfy at the same time. References and `allOf` are resolved; `anyOf` and `oneOf` are groups,
// of which one branch each is chosen later.
import { badGrammar } from '../errors.ts';
import { grammarLimits } from '../limits.ts';
import { combining, isConstraint } from './keywords.ts';
import { schemaList, type SchemaDocument, type SchemaNode, type SchemaObject } from './schema-nodes.ts';

/** How a schema takes part in a conjunction. */
export interface Part {
  readonly node: SchemaObject;
  /** Whether `allOf` of several schemas holds it. */
  readonly inAllOf: boolean;
  /** Whether its properties may be left out even where those of `allOf` may not. */
  readonly isOptional: boolean;
}

/** Branches of which a value must satisfy one. */
export interface Group {
  readonly node: SchemaObject;
  readonly keyword: 'anyOf' | 'oneOf';
  readonly branches: readonly SchemaNode[];
  readonly inAllOf: boolean;
}

/** Schemas that a value must satisfy at the same time. */
export interface Conjunction {
  readonly parts: readonly Part[];
  readonly groups: readonly Group[];
  /** Whether one of the schemas is false. */
  readonly isImpossible: boolean;
}

/** The conjunction without a schema: any value satisfies it. */
export const anything: Conjunction = { parts: [], groups: [], isImpossible: false };

/**
 * A conjunction with more schemas.
 *
 * @throws RondoError `BAD_GRAMMAR` if a schema refers to itself without a value between, or to nothing
 */
export function conjoin(
  document: SchemaDocument,
  to: Conjunction,
  nodes: readonly SchemaNode[],
): Conjunction {
  const parts = [...to.parts];
  const groups = [...to.groups];
  let { isImpossible } = to;
  const seen = new Set<SchemaNode>(parts.map(({ node }) => node));

  function add(node: SchemaNode, inAllOf: boolean, around: readonly SchemaNode[]): void {
    if (node === false) isImpossible = true;
    if (typeof node === 'boolean') return;
    const where = document.pointerOf(node);
    if (around.includes(node)) {
      throw badGrammar('recursion', 'a schema refers to itself without a value between', where);
    }
    if (seen.has(node)) return;
    if (around.length > grammarLimits.nesting) {
      throw badGrammar(
        'limit',
        `references and allOf lead through more than ${grammarLimits.nesting} schemas`,
        where,
      );
    }
    seen.add(node);
    const within = [...around, node];
    if (Object.keys(node).some((keyword) => isConstraint(keyword) && !combining.includes(keyword))) {
      parts.push({ node, inAllOf, isOptional: false });
    }
    if (node['$ref'] !== undefined) add(document.resolve(node), inAllOf, within);
    const all = branchesOf(node, 'allOf', where);
    for (const each of all) add(each, inAllOf || all.length > 1, within);
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = branchesOf(node, keyword, where);
      if (node[keyword] === undefined) continue;
      if (inAllOf && branchesAreOptional(document, branches)) {
        for (const branch of branches)
          parts.push({ node: followed(document, branch), inAllOf, isOptional: true });
      } else groups.push({ node, keyword, branches, inAllOf });
    }
  }

  for (const node of nodes) add(node, false, []);
  return { parts, groups, isImpossible };
}

/** A text that distinguishes conjunctions. */
export function keyOf(document: SchemaDocument, { parts, groups, isImpossible }: Conjunction): string {
  const partKeys = parts.map(({ node, inAllOf, isOptional }) =>
    [document.idOf(node), Number(inAllOf), Number(isOptional)].join('.'),
  );
  const groupKeys = groups.map(({ node, keyword }) => `${document.idOf(node)}${keyword}`);
  return [isImpossible, ...partKeys.toSorted(), ...groupKeys.toSorted()].join();
}

function branchesOf(node: SchemaObject, keyword: string, where: string): SchemaNode[] {
  return node[keyword] === undefined ? [] : schemaList(node[keyword], `${where}/${keyword}`);
}

/**
 * Whether branches only describe different properties, none of which is required. A value with properties of several
 * branches then satisfies each of them, so that no branch has to be chosen.
 */
function branchesAreOptional(document: SchemaDocument, branches: readonly SchemaNode[]): boolean {
  const names = new Set<string>();
  for (const branch of branches) {
    const node = typeof branch === 'boolean' ? {} : followed(document, branch);
    const constraints = Object.keys(node).filter(isConstraint);
    const { properties, type = 'object' } = node;
    if (constraints.some((keyword) => keyword !== 'properties' && keyword !== 'type') || type !== 'object')
      return false;
    if (typeof properties !== 'object' || properties === null) return false;
    for (const name of Object.keys(properties)) {
      if (names.has(name)) return false;
      names.add(name);
    }
  }
  return true;
}

/** The schema that a schema with nothing but a reference stands for. */
function followed(document: SchemaDocument, branch: SchemaNode): SchemaObject {
  let node: SchemaNode = branch;
  const seen = new Set<SchemaNode>();
  while (typeof node === 'object' && node['$ref'] !== undefined && !seen.has(node)) {
    if (Object.keys(node).filter(isConstraint).length > 1) break;
    seen.add(node);
    node = document.resolve(node);
  }
  return typeof node === 'boolean' ? {} : node;
}
