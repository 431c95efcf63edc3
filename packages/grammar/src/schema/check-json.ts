// Checks that a schema is JSON. JavaScript objects can hold values that JSON has no text for.
import { badGrammar } from '../errors.ts';
import { grammarLimits } from '../limits.ts';
import { escapePointer } from './schema-nodes.ts';

/**
 * Checks a schema.
 *
 * @throws RondoError `BAD_GRAMMAR` that names the place of a value that JSON has no text for, such as `undefined` in a list, a
 * function, NaN or a `Map`; for values that are nested too deep, as in an object that contains itself, and for too many values
 */
export function checkJson(schema: unknown): void {
  const waiting: { readonly value: unknown; readonly pointer: string; readonly depth: number }[] = [
    { value: schema, pointer: '#', depth: 0 },
  ];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, pointer, depth } = next;
    if (depth > grammarLimits.nesting) {
      throw badGrammar(
        'limit',
        `values are nested more than ${grammarLimits.nesting} deep`,
        pointer.slice(0, 80),
      );
    }
    // An object that stands in many places counts in each.
    if (++count > grammarLimits.sourceCharacters) throw badGrammar('limit', 'the schema has too many values');
    if (value === null || typeof value === 'string' || typeof value === 'boolean') continue;
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    const isList = Array.isArray(value);
    const isPlain = isList || Object.prototype.toString.call(value) === '[object Object]';
    if (typeof value !== 'object' || !isPlain)
      throw badGrammar('syntax', `${kindOf(value)} is no JSON value`, pointer);
    const entries: readonly (readonly [string, unknown])[] = isList
      ? Array.from(value, (one: unknown, index) => [String(index), one] as const)
      : Object.entries(value);
    for (const [key, one] of entries) {
      waiting.push({ value: one, pointer: `${pointer}/${escapePointer(key)}`, depth: depth + 1 });
    }
  }
}

function kindOf(value: unknown): string {
  if (typeof value === 'object')
    return `an object of the kind ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return typeof value === 'number' ? String(value) : `a value of the type ${typeof value}`;
}
