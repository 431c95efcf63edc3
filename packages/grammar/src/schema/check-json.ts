// Checks that a schema is JSON. JavaScript objects can hold values that JSON has no text for.
import { badGrammar } from '../errors.ts';

/** A schema can be nested this deep; a schema that contains itself is deeper than any limit. */
const MOST_DEPTH = 10_000;

/**
 * Checks a schema.
 *
 * @throws RondoError `BAD_GRAMMAR` that names the place of a value that JSON has no text for, such as `undefined` in a list, a
 * function, NaN, a `Map`, or an object that contains itself
 */
export function checkJson(schema: unknown): void {
  const waiting: { readonly value: unknown; readonly pointer: string; readonly depth: number }[] = [
    { value: schema, pointer: '#', depth: 0 },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, pointer, depth } = next;
    if (depth > MOST_DEPTH)
      throw badGrammar('limit', 'the schema contains itself, or is nested too deep', '#');
    if (value === null || typeof value === 'string' || typeof value === 'boolean') continue;
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    const isList = Array.isArray(value);
    const isPlain = isList || Object.prototype.toString.call(value) === '[object Object]';
    if (typeof value !== 'object' || !isPlain)
      throw badGrammar('syntax', `${kindOf(value)} is no JSON value`, pointer.slice(0, 200));
    const entries: readonly (readonly [string, unknown])[] = isList
      ? value.map((one: unknown, index) => [String(index), one] as const)
      : Object.entries(value);
    for (const [key, one] of entries) {
      const place = depth < 40 ? `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` : pointer;
      waiting.push({ value: one, pointer: place, depth: depth + 1 });
    }
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'object')
    return `an object of the kind ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return typeof value === 'number' ? String(value) : `a value of the type ${typeof value}`;
}
