// 500 random schemas: a random walk that takes any allowed token ends in a text that parses and validates by ajv.
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMatcher, grammarFailureOf, grammarOf, type Grammar } from './index.ts';
import { seeded } from './test-support/random-text.ts';
import { endToken, smallTokens, smallTrie, tokensOf } from './test-support/small-vocabulary.ts';

type Schema = Record<string, unknown>;

const name = fc.constantFrom('a', 'ab', 'b', 'name', 'value', 'é', 'the "x"');
const length = fc.record(
  { minLength: fc.nat(4), maxLength: fc.integer({ min: 4, max: 30 }) },
  { requiredKeys: [] },
);
const bound = fc.integer({ min: -3000, max: 3000 });

const strings = fc.oneof(
  length.map((bounds) => ({ type: 'string', ...bounds })),
  fc.constantFrom('date', 'time', 'date-time', 'uuid').map((format) => ({ type: 'string', format })),
  fc
    .constantFrom(
      '^[a-c]{1,3}$',
      '^(true|false)$',
      '^a.b$',
      '[0-9]',
      '^x',
      '[a-z]$',
      '^\\d+(\\.\\d\\d)?$',
      '^"\\\\?$',
      '^[^a]$',
    )
    .map((pattern) => ({ type: 'string', pattern })),
);
const integers = fc.tuple(bound, bound, fc.nat(3)).map(([a, b, kind]) => {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  if (kind === 0) return { type: 'integer', minimum: low };
  if (kind === 1) return { type: 'integer', exclusiveMaximum: high };
  return { type: 'integer', minimum: low, exclusiveMaximum: high + 2 };
});
const scalars: fc.Arbitrary<Schema> = fc.oneof(
  strings,
  integers,
  fc.constantFrom<Schema[]>(
    { type: 'number' },
    { type: 'number', minimum: 0 },
    { type: 'boolean' },
    { type: 'null' },
    { type: ['integer', 'null'] },
    { type: 'string', nullable: true },
    { const: { a: [1, 'é'] } },
    { enum: ['a', 2, null, [true], '"'] },
    { enum: [1, 2, 30], minimum: 2 },
    {},
  ),
);

const { schema: randomSchema } = fc.letrec<{ schema: Schema; object: Schema }>((tie) => ({
  object: fc
    .record({
      properties: fc.dictionary(name, tie('schema'), { maxKeys: 4 }),
      required: fc.uniqueArray(name, { maxLength: 2 }),
      additionalProperties: fc.oneof(fc.boolean(), fc.constant(undefined), tie('schema')),
    })
    .map(({ properties, required, additionalProperties }) => ({
      type: 'object',
      properties,
      required,
      ...(additionalProperties === undefined ? {} : { additionalProperties }),
    })),
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalars,
    tie('object'),
    fc
      .tuple(tie('schema'), fc.nat(2), fc.nat(2))
      .map(([items, minItems, more]) => ({ type: 'array', items, minItems, maxItems: minItems + more })),
    fc
      .tuple(tie('schema'), tie('schema'))
      .map((prefixItems) => ({ type: 'array', prefixItems, items: false })),
    fc.tuple(tie('schema'), tie('schema')).map((anyOf) => ({ anyOf })),
    fc.tuple(tie('object'), tie('object')).map((allOf) => ({ allOf })),
    fc
      .tuple(tie('schema'), integers)
      .map(([other, integer]) => ({ oneOf: [integer, { type: 'array', items: other }] })),
    fc.constantFrom<Schema[]>({ $ref: '#/$defs/list' }, { $ref: '#/$defs/name', description: 'a name' }),
  ),
}));

const definitions = {
  name: { type: 'string', minLength: 1, maxLength: 9 },
  list: {
    type: 'object',
    properties: { value: { $ref: '#/$defs/name' }, next: { $ref: '#/$defs/list' } },
    required: ['value'],
  },
};

/** Tokens from which on a walk mostly prefers what ends things. */
const patience = 25;
const ends = ['"', '}', ']'].map((sign) => 2 + (sign.codePointAt(0) ?? 0));

/** A random text, if it ends. */
function randomWalk(grammar: Grammar, seed: number): string | undefined {
  const random = seeded(seed);
  const matcher = createMatcher(grammar, smallTrie, { endTokens: [endToken] });
  const bytes: number[] = [];
  for (let step = 0; step < 4000; step++) {
    const allowed = tokensOf(matcher.mask());
    const ending =
      step < patience || random() < 0.3 ? [] : [endToken, ...ends].filter((token) => allowed.includes(token));
    const list = ending.length > 0 ? ending : allowed;
    const token = list[Math.floor(random() * list.length)];
    if (token === undefined) return undefined;
    matcher.accept(token);
    if (token === endToken) return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
    bytes.push(...(smallTokens[token] ?? []));
  }
  return undefined;
}

it('what a random walk through a random schema ends in parses and validates', () => {
  let validated = 0;
  let seed = 0;
  const property = fc.property(randomSchema, (inner) => {
    const schema = { ...inner, $defs: definitions };
    seed += 1;
    let grammar: Grammar;
    try {
      grammar = grammarOf({ schema });
    } catch (error) {
      expect(grammarFailureOf(error)).toBe('unsatisfiable');
      return;
    }
    if (grammar.unsupported.length > 0) {
      // `allOf` with two patterns or formats of the same property, of which one is imposed.
      expect(grammar.unsupported.filter((each) => !each.includes(' (beside '))).toEqual([]);
      return;
    }
    validated += 1;
    const ajv = new Ajv2020({ strict: false, logger: false });
    (addFormats as unknown as typeof addFormats.default)(ajv);
    const validate = ajv.compile(schema);
    for (const each of [seed, -seed]) {
      const text = randomWalk(grammar, each);
      expect(text).toBeDefined();
      const value: unknown = JSON.parse(text ?? '');
      expect(validate(value), `${text} ${JSON.stringify(validate.errors)}`).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 500, seed: 11 });
  expect(validated).toBeGreaterThan(430);
});
