// The texts of arrays.
import {
  empty,
  literal,
  nothing,
  optional,
  repeat,
  sequence,
  sequenceOf,
  type Expression,
} from '../language/expression.ts';
import type { SchemaContext } from './context.ts';
import { greatest, least } from './extremes.ts';
import { json } from './json-text.ts';
import { schemaNode, type SchemaNode, type SchemaObject } from './schema-nodes.ts';
import { wholeNumber } from './whole-number.ts';

const comma = sequence(literal(','), json.space);

/** The items of one schema: those with a schema of their own, and all others. */
interface Items {
  readonly prefix: readonly SchemaNode[];
  /** Undefined if the schema says nothing of the others. */
  readonly others: SchemaNode | undefined;
}

/**
 * The texts of the arrays that satisfy all schemas. Items with a schema of their own must all be there, unless `maxItems`
 * forbids it; further items are generated if `items` describes them or if `minItems` asks for them.
 */
export function arrayText(context: SchemaContext, nodes: readonly SchemaObject[]): Expression {
  const all = nodes.map((node) => itemsOf(context, node));
  const fewest = greatest(nodes.map((node) => wholeNumber(context, node, 'minItems', 0)));
  const most = least(nodes.map((node) => wholeNumber(context, node, 'maxItems', Infinity)));
  reportArrayKeywords(context, nodes, most);
  const prefixLength = greatest(all.map(({ prefix }) => prefix.length));
  const itemAt = (index: number): Expression =>
    context.valueOf(
      all.flatMap(({ prefix, others }) => {
        const schema = prefix[index] ?? others;
        return schema === undefined ? [] : [schema];
      }),
    );
  const isOpen =
    prefixLength === 0 || all.some(({ others }) => others !== undefined) || fewest > prefixLength;
  const fixed = Math.min(prefixLength, most);
  const prefix = Array.from({ length: fixed }, (_, index) => itemAt(index));
  const other = isOpen ? itemAt(prefixLength) : nothing;
  const min = Math.max(0, fewest - fixed);
  const max = isOpen ? most - fixed : 0;
  if (max < min) return nothing;
  return sequence(literal('['), json.space, itemsText(prefix, other, min, max), json.space, literal(']'));
}

function itemsText(prefix: readonly Expression[], other: Expression, min: number, max: number): Expression {
  const [first, ...rest] = prefix;
  const more = (fewest: number, most: number): Expression =>
    most === 0 ? empty : repeat(sequence(comma, other), fewest, most);
  if (first !== undefined)
    return sequenceOf([first, ...rest.flatMap((each) => [comma, each]), more(min, max)]);
  if (max === 0) return empty;
  const some = sequence(other, more(Math.max(0, min - 1), max - 1));
  return min === 0 ? optional(some) : some;
}

/** `prefixItems` with `items`, or `items` as a list with `additionalItems`, as in drafts before 2020-12. */
function itemsOf({ document }: SchemaContext, node: SchemaObject): Items {
  const where = document.pointerOf(node);
  const { items, prefixItems, additionalItems } = node;
  const list = (value: readonly unknown[], keyword: string): SchemaNode[] =>
    value.map((each, i) => schemaNode(each, `${where}/${keyword}/${i}`));
  if (Array.isArray(items)) {
    return {
      prefix: list(items, 'items'),
      others:
        additionalItems === undefined ? undefined : schemaNode(additionalItems, `${where}/additionalItems`),
    };
  }
  if (Array.isArray(prefixItems)) {
    return {
      prefix: list(prefixItems, 'prefixItems'),
      others: items === undefined ? undefined : schemaNode(items, `${where}/items`),
    };
  }
  // llama.cpp takes `prefixItems` with one schema for `items`.
  const one = items ?? prefixItems;
  return { prefix: [], others: one === undefined ? undefined : schemaNode(one, `${where}/items`) };
}

function reportArrayKeywords(context: SchemaContext, nodes: readonly SchemaObject[], most: number): void {
  for (const node of nodes) {
    if (node['uniqueItems'] === true && most > 1) context.unsupported(node, 'uniqueItems');
    for (const keyword of ['contains', 'unevaluatedItems']) {
      if (node[keyword] !== undefined && node[keyword] !== true) context.unsupported(node, keyword);
    }
  }
}
