// What bad grammars and enormous schemas get: typed errors that say where, within bounded work.
import { expect, it } from 'vitest';
import {
  createGrammarCache,
  createMatcher,
  grammarFailureOf,
  grammarOf,
  tokenTrieOf,
  type GrammarSource,
} from './index.ts';
import { endToken, smallTrie, tokensOf } from './test-support/small-vocabulary.ts';
import { matches } from './test-support/verdict.ts';

function failureOf(source: GrammarSource): { failure: unknown; message: string } {
  try {
    grammarOf(source);
  } catch (error) {
    return { failure: grammarFailureOf(error), message: (error as Error).message };
  }
  return { failure: undefined, message: '' };
}

it.each([
  ['a rule that begins with itself', 'root ::= "a" | root "a"', 'recursion', 'root'],
  [
    'rules that begin with each other',
    'root ::= a\na ::= b "x" | "y"\nb ::= a "z" | "w"',
    'recursion',
    'a → b',
  ],
  ['a rule behind an empty rule', 'root ::= empty root "a" | "c"\nempty ::= "b"?', 'recursion', 'root'],
  ['no text at all', '', 'syntax', 'root'],
  ['no root', 'other ::= "a"', 'syntax', 'root'],
  ['an undefined rule', 'root ::= other', 'syntax', 'other'],
  ['a rule twice', 'root ::= "a"\nroot ::= "b"', 'syntax', 'twice'],
  ['a rule without an end', 'root ::= "a" root', 'unsatisfiable', 'root'],
  ['rules without an end', 'root ::= "a" b\nb ::= "(" root ")"', 'unsatisfiable', 'root → b'],
  ['an open literal', 'root ::= "a', 'syntax', 'line 1, column 12'],
  ['an open class', 'root ::= [a', 'syntax', 'line 1'],
  ['an open group', 'root ::=\n ("a"', 'syntax', 'line 2'],
  ['an unknown escape', 'root ::= "\\q"', 'syntax', '\\q'],
  ['an unknown token', 'root ::= <think>', 'syntax', '<think>'],
  ['a surrogate', 'root ::= "\\uD800"', 'syntax', 'surrogate'],
  ['too many repetitions', 'root ::= "a"{2001}', 'limit', '2000'],
  ['many repetitions of one item', `root ::= "a"${'?'.repeat(100_000)}`, 'limit', '8'],
  [
    'operators behind nested groups',
    `root ::= ${'('.repeat(150)}"a"${`${'?'.repeat(150)})`.repeat(150)}`,
    'limit',
    '8',
  ],
  ['deep groups', `root ::= ${'('.repeat(250)}"a"${')'.repeat(250)}`, 'limit', '200'],
])('GBNF: %s', (_, gbnf, failure, part) => {
  const found = failureOf({ gbnf });
  expect(found.failure).toBe(failure);
  expect(found.message).toContain(part);
});

it('a rule that begins with an empty rule of its own loops only once', () => {
  const grammar = grammarOf({ gbnf: 'root ::= ((a | "")* ("" | b)*)* "."\na ::= "x"?\nb ::= a a' });
  expect(['.', 'xxx.'].map((text) => matches(grammar, text))).toEqual([true, true]);
  expect(matches(grammar, 'xy.')).toBe(false);
});

it('a text with too many readings ends in BAD_GRAMMAR', () => {
  const nested = 'root ::= (((("a"?){1,30} "b"?){1,30} "c"?){1,30} "d"?){1,30} "."';
  const matcher = (): boolean => matches(grammarOf({ gbnf: nested }), 'aaaa');
  expect(matcher).toThrow('readings');
});

it.each([
  [
    'properties that need each other',
    {
      $ref: '#/$defs/a',
      $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'] } },
    },
    'unsatisfiable',
    '#/$defs/a',
  ],
  ['a reference to itself', { $ref: '#' }, 'recursion', '#'],
  [
    'references in a circle',
    { allOf: [{ $ref: '#/$defs/a' }], $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    'recursion',
    '#/$defs/a',
  ],
  ['a choice of itself', { anyOf: [{ type: 'null' }, { $ref: '#' }] }, 'recursion', '#'],
  ['false', false, 'unsatisfiable', 'the schema'],
  [
    'a range without an integer',
    { type: 'object', properties: { a: { type: 'integer', minimum: 3, maximum: 2 } }, required: ['a'] },
    'unsatisfiable',
    '#/properties/a',
  ],
  ['an empty enumeration', { enum: [] }, 'unsatisfiable', '#'],
  ['values of another type', { enum: ['a'], type: 'integer' }, 'unsatisfiable', '#'],
  ['a list in place of a schema', [], 'syntax', '#'],
  ['a missing target', { $ref: '#/$defs/b' }, 'syntax', '#/$defs/b'],
  ['a target elsewhere', { $ref: 'https://example.com/schema' }, 'unsupported', 'https://example.com/schema'],
  ['a length that is no number', { type: 'string', maxLength: 'a' }, 'syntax', 'maxLength'],
  ['an enumeration that is no list', { enum: 3 }, 'syntax', 'enum'],
  [
    'many combinations',
    { allOf: Array.from({ length: 12 }, () => ({ anyOf: [{ type: 'null' }, { type: 'string' }] })) },
    'limit',
    '1024',
  ],
])('JSON Schema: %s', (_, schema, failure, part) => {
  const found = failureOf({ schema });
  expect(found.failure).toBe(failure);
  expect(found.message).toContain(part);
});

it('numbers beyond any text are no limits', () => {
  const grammar = grammarOf({ schema: { type: 'string', minLength: 2, maxLength: 1e300 } });
  expect([matches(grammar, '"ab"'), matches(grammar, '"a"')]).toEqual([true, false]);
  const endless = grammarOf({ schema: { type: 'array', items: { type: 'null' }, minItems: 1e15 } });
  expect(matches(endless, '[null]')).toBe(false);
});

it('a pattern that takes a backtracking matcher for ever decides about listed values at once', () => {
  const value = `${'a'.repeat(60)}!`;
  const schema = { enum: [value, 'aaa'], pattern: '^(a+)+$' };
  const grammar = grammarOf({ schema });
  expect([matches(grammar, JSON.stringify(value)), matches(grammar, '"aaa"')]).toEqual([false, true]);
});

it('enormous lists and names of a schema are read or refused', () => {
  const values = Array.from({ length: 150_000 }, (_, i) => i);
  expect(matches(grammarOf({ schema: { enum: values } }), '149999')).toBe(true);
  const properties = { ['a'.repeat(100_000)]: { type: 'null' } };
  expect(matches(grammarOf({ schema: { properties } }), '{}')).toBe(true);
  expect(failureOf({ schema: { properties, additionalProperties: true } }).failure).toBe('limit');
});

it('deeply nested values of a schema are refused', () => {
  let schema: unknown = { type: 'null' };
  for (let i = 0; i < 5000; i++) schema = { items: schema };
  expect(failureOf({ schema }).failure).toBe('limit');
});

it('a schema of 1 MB compiles, and its texts are followed', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 9000 }, (_, i) => [
      `property number ${i}`,
      { type: 'string', maxLength: 20 + (i % 50), description: 'one of many properties, described' },
    ]),
  );
  const schema = { type: 'object', properties, required: Object.keys(properties).slice(0, 3000) };
  expect(JSON.stringify(schema).length).toBeGreaterThan(1_000_000);
  const grammar = grammarOf({ schema });
  expect(grammar.unsupported).toEqual([]);
  const matcher = createMatcher(grammar, smallTrie, { endTokens: [endToken] });
  for (const byte of new TextEncoder().encode('{"property number 0": "')) matcher.accept(byte + 2);
  expect(tokensOf(matcher.mask()).length).toBeGreaterThan(150);
});

it('what a schema asks for in vain is listed', () => {
  const { unsupported } = grammarOf({
    schema: {
      type: 'object',
      properties: {
        tags: { type: 'array', items: { type: 'string', format: 'email' }, uniqueItems: true },
        price: { type: 'number', maximum: 10, multipleOf: 0.01 },
        code: { type: 'string', pattern: '(?=a)b' },
        other: { oneOf: [{ type: 'number' }, { type: 'integer' }], not: { const: 3 }, colour: 'red' },
      },
      minProperties: 2,
    },
  });
  expect(unsupported).toEqual([
    '#/properties/code: pattern ((?=a)b)',
    '#/properties/other: colour (unknown)',
    '#/properties/other: not',
    '#/properties/other: oneOf (more than one may match)',
    '#/properties/price: maximum (of a number)',
    '#/properties/price: multipleOf',
    '#/properties/tags/items: format (email)',
    '#/properties/tags: uniqueItems',
    '#: minProperties',
  ]);
});

it('tokens that are not allowed, and rollbacks that go too far, change nothing', () => {
  const trie = tokenTrieOf([undefined, Uint8Array.of(0x61), new Uint8Array(0)]);
  const matcher = createMatcher(grammarOf({ gbnf: 'root ::= "aa"' }), trie, { endTokens: [0] });
  for (const token of [0, 2, 3, -1, 0.5, Number.NaN]) {
    expect(() => matcher.accept(token)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
  matcher.accept(1);
  expect(() => matcher.rollback(2)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  matcher.accept(1);
  expect([matcher.canEnd, matcher.isFinished, [...matcher.mask()]]).toEqual([true, true, [1]]);
  matcher.accept(0);
  expect([matcher.canEnd, matcher.isFinished, [...matcher.mask()]]).toEqual([false, true, [0]]);
  expect(matcher.allows(0)).toBe(false);
  matcher.rollback(3);
  expect([...matcher.mask()]).toEqual([2]);
});

it('an object that is no grammar is refused', () => {
  const other = { unsupported: [], bytes: 0 };
  expect(() => createMatcher(other, smallTrie, { endTokens: [] })).toThrow(
    expect.objectContaining({ code: 'BAD_ARGUMENT' }),
  );
});

it('a vocabulary that cannot spell what comes next leaves an empty mask', () => {
  const trie = tokenTrieOf([undefined, Uint8Array.of(0x62)]);
  const matcher = createMatcher(grammarOf({ gbnf: 'root ::= "a"' }), trie, { endTokens: [0] });
  expect([...matcher.mask()]).toEqual([0]);
});

it('a cache compiles a source once, within its bytes', () => {
  const cache = createGrammarCache();
  const schema = { type: 'object', properties: { a: { type: 'null' } } };
  expect(cache.grammarOf({ schema })).toBe(cache.grammarOf({ schema: structuredClone(schema) }));
  expect(cache.grammarOf({ regex: 'a' })).not.toBe(cache.grammarOf({ gbnf: 'root ::= "a"' }));
  const tokenOf = (): number => 1;
  const named = { gbnf: 'root ::= <a>', tokenOf };
  expect(cache.grammarOf(named)).toBe(cache.grammarOf({ ...named }));
  const first = cache.grammarOf({ gbnf: 'root ::= "b"' });
  const small = createGrammarCache({ bytes: 2 * first.bytes + 200 });
  const before = small.grammarOf({ gbnf: 'root ::= "b"' });
  for (const letter of 'cdef') small.grammarOf({ gbnf: `root ::= "${letter}"` });
  expect(small.bytes).toBeLessThanOrEqual(2 * first.bytes + 200);
  expect(small.grammarOf({ gbnf: 'root ::= "b"' })).not.toBe(before);
});
