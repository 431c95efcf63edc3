// The texts of numbers and integers.
import { badGrammar } from '../errors.ts';
import { nothing, type Expression } from '../language/expression.ts';
import type { SchemaContext } from './context.ts';
import { integerText } from './integer-text.ts';
import { json } from './json-text.ts';
import type { SchemaObject } from './schema-nodes.ts';

/** A bound of a number. */
interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
  readonly node: SchemaObject;
  readonly keyword: string;
}

/** The texts of the integers that satisfy all schemas. */
export function integersText(context: SchemaContext, nodes: readonly SchemaObject[]): Expression {
  reportMultiples(context, nodes, true);
  const min = boundsOf(context, nodes, 'minimum').map(({ value, isExclusive }) => {
    const least = BigInt(Math.ceil(value));
    return isExclusive && Number(least) === value ? least + 1n : least;
  });
  const max = boundsOf(context, nodes, 'maximum').map(({ value, isExclusive }) => {
    const most = BigInt(Math.floor(value));
    return isExclusive && Number(most) === value ? most - 1n : most;
  });
  return integerText({
    min: min.length === 0 ? undefined : min.reduce((a, b) => (a > b ? a : b)),
    max: max.length === 0 ? undefined : max.reduce((a, b) => (a < b ? a : b)),
  });
}

/** The texts of the numbers that satisfy all schemas. Of bounds, only the sign is imposed; the rest is reported. */
export function numbersText(context: SchemaContext, nodes: readonly SchemaObject[]): Expression {
  reportMultiples(context, nodes, false);
  const least = boundsOf(context, nodes, 'minimum');
  const most = boundsOf(context, nodes, 'maximum');
  for (const { node, keyword, value, isExclusive } of least) {
    if (value !== 0 || isExclusive) context.unsupported(node, keyword, 'of a number');
  }
  for (const { node, keyword } of most) context.unsupported(node, keyword, 'of a number');
  const min = least.reduce((a, { value }) => Math.max(a, value), -Infinity);
  const max = most.reduce((a, { value }) => Math.min(a, value), Infinity);
  if (max < min) return nothing;
  return min >= 0 ? json.unsignedNumber : json.number;
}

/** The bounds in one direction. In draft 4, `exclusiveMinimum` is a boolean. */
function boundsOf(
  { document }: SchemaContext,
  nodes: readonly SchemaObject[],
  keyword: 'minimum' | 'maximum',
): Bound[] {
  const exclusive = keyword === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
  return nodes.flatMap((node) => {
    const bounds: Bound[] = [];
    for (const each of [keyword, exclusive]) {
      const value = node[each];
      if (value === undefined || typeof value === 'boolean') continue;
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        throw badGrammar('syntax', `${each} is no number`, document.pointerOf(node));
      }
      bounds.push({
        value,
        isExclusive: each === exclusive || node[exclusive] === true,
        node,
        keyword: each,
      });
    }
    return bounds;
  });
}

function reportMultiples(context: SchemaContext, nodes: readonly SchemaObject[], isInteger: boolean): void {
  for (const node of nodes) {
    const { multipleOf } = node;
    if (multipleOf !== undefined && !(isInteger && multipleOf === 1)) context.unsupported(node, 'multipleOf');
  }
}
