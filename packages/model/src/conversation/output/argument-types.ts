// The JSON value of an argument that a model wrote without quotes. The tool's schema says whether `42` is a number or a text.
import { isRecord } from '../messages/bad-argument.ts';
import { parsedJson } from './json-value.ts';

/** A JSON Schema, as tools have it. */
export type Schema = Readonly<Record<string, unknown>>;

/** The schema of a property; undefined if the schema does not say. */
export function propertyOf(schema: Schema | undefined, key: string): Schema | undefined {
  const properties = schema?.['properties'];
  if (!isRecord(properties) || !Object.hasOwn(properties, key)) return undefined;
  const property = properties[key];
  return isRecord(property) ? property : undefined;
}

/** The schema of the elements of a list; undefined if the schema does not say. */
export function itemsOf(schema: Schema | undefined): Schema | undefined {
  const items = schema?.['items'];
  if (isRecord(items)) return items;
  for (const one of alternatives(schema)) {
    const found = itemsOf(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The schemas of `anyOf` and `oneOf`. */
export function alternatives(schema: Schema | undefined): readonly Schema[] {
  return [schema?.['anyOf'], schema?.['oneOf']].flatMap((list) =>
    Array.isArray(list) ? list.filter(isRecord) : [],
  );
}

/** The types that a schema allows; undefined if the schema does not say. */
export function typesOf(schema: Schema | undefined): ReadonlySet<string> | undefined {
  if (schema === undefined) return undefined;
  const { type, enum: values, const: only } = schema;
  if (typeof type === 'string') return new Set([type]);
  if (Array.isArray(type)) return new Set(type.filter((one) => typeof one === 'string'));
  if (Array.isArray(values)) return new Set(values.map(typeOf));
  if (only !== undefined) return new Set([typeOf(only)]);
  const several = alternatives(schema).map(typesOf);
  if (several.length === 0 || several.includes(undefined)) return undefined;
  return new Set(several.flatMap((types) => [...(types ?? [])]));
}

/** Whether an argument can only be a text. */
export function isTextOnly(schema: Schema | undefined): boolean {
  const types = typesOf(schema);
  return types !== undefined && types.size > 0 && [...types].every((type) => type === 'string');
}

/** The JSON of an argument that a model wrote as plain text. */
export function jsonOfArgument(written: string, schema: Schema | undefined): string {
  const types = typesOf(schema);
  if (isTextOnly(schema)) return JSON.stringify(written);
  const text = pythonWords.get(written.trim()) ?? written.trim();
  const value = parsedJson(text);
  if (value !== undefined && (types === undefined || allows(types, value))) return text;
  return JSON.stringify(written);
}

const pythonWords = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);

function allows(types: ReadonlySet<string>, value: unknown): boolean {
  const type = typeOf(value);
  return types.has(type) || (type === 'number' && Number.isInteger(value) && types.has('integer'));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
