// Keywords whose value is a whole number, such as `minItems` and `maxLength`.
import { badGrammar } from '../errors.ts';
import type { SchemaContext } from './context.ts';
import type { SchemaObject } from './schema-nodes.ts';

/** The value of `keyword`; `none` without it. @throws RondoError `BAD_GRAMMAR` for a value that is no whole number */
export function wholeNumber(
  { document }: SchemaContext,
  node: SchemaObject,
  keyword: string,
  none: number,
): number {
  const value = node[keyword];
  if (value === undefined) return none;
  if (typeof value === 'number' && value >= 0 && Number.isInteger(value)) return value;
  throw badGrammar('syntax', `${keyword} is no whole number`, document.pointerOf(node));
}
