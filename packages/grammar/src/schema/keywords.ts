// The keywords of JSON Schema: what they speak of, and which do not constrain a value.
// Source: JSON Schema 2020-12, and the earlier drafts for `definitions`, `items` as a list and `additionalItems`.

/** The types of JSON Schema. An integer is a number, too. */
export const typeNames = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;

/** A type of JSON Schema. */
export type TypeName = (typeof typeNames)[number];

/** The keywords that constrain one type. */
export const typeKeywords: Readonly<Partial<Record<TypeName, readonly string[]>>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'dependencies',
    'dependentRequired',
    'dependentSchemas',
    'unevaluatedProperties',
  ],
  array: [
    'items',
    'prefixItems',
    'additionalItems',
    'minItems',
    'maxItems',
    'uniqueItems',
    'contains',
    'minContains',
    'maxContains',
    'unevaluatedItems',
  ],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
};

/** Keywords that constrain values of every type. */
const general = ['type', 'enum', 'const', 'nullable', 'not', 'if'] as const;

/** Keywords that combine schemas. They are resolved before the others. */
export const combining: readonly string[] = ['$ref', 'allOf', 'anyOf', 'oneOf'];

/** Keywords that never constrain a value. */
const annotations = new Set(
  // `then` and `else` mean nothing without `if`, which is reported.
  `$schema $id id $anchor $comment $defs definitions $vocabulary $dynamicAnchor title description default example
  examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema externalDocs xml discriminator
  strict then else`.split(/\s+/),
);

const known = new Set<string>([...general, ...combining, ...Object.values(typeKeywords).flat()]);

/** Whether a keyword might constrain a value. */
export function isConstraint(keyword: string): boolean {
  return !annotations.has(keyword) && !keyword.startsWith('x-');
}

/** Whether a keyword that might constrain a value is none of JSON Schema. */
export function isUnknown(keyword: string): boolean {
  return isConstraint(keyword) && !known.has(keyword);
}
