// Schemas that are no JSON are refused with their place, with and without a cache.
import { describe, expect, it } from 'vitest';
import { createGrammarCache, grammarOf } from '../index.ts';

const cyclic: { type: string; properties: Record<string, unknown> } = { type: 'object', properties: {} };
cyclic.properties['self'] = cyclic;

describe('a schema that is no JSON', () => {
  it.each([
    ['undefined as a constant', { const: undefined }, '#/const'],
    [
      'a misspelled member of an enumeration',
      { properties: { kind: { enum: [1, undefined] } } },
      '#/properties/kind/enum/1',
    ],
    // oxlint-disable-next-line no-sparse-arrays
    ['a list with a hole', { enum: [1, , 2] }, '#/enum/1'],
    ['a function', { default: () => 1 }, '#/default'],
    ['a symbol', { enum: [Symbol('a')] }, '#/enum/0'],
    ['NaN', { const: Number.NaN }, '#/const'],
    ['Infinity', { maximum: Infinity }, '#/maximum'],
    ['a BigInt', { const: 10n }, '#/const'],
    ['a Map', new Map(), '#'],
    ['a Map inside', { properties: new Map() }, '#/properties'],
    [
      'an object that contains itself',
      cyclic,
      expect.stringMatching(/^#\/properties\/self\/properties\/self/),
    ],
  ])('%s is refused with its place', (_, schema, where) => {
    for (const compile of [grammarOf, createGrammarCache().grammarOf]) {
      expect(() => compile({ schema })).toThrow(
        expect.objectContaining({ code: 'BAD_GRAMMAR', details: expect.objectContaining({ where }) }),
      );
    }
  });

  it('does not spoil a cache for the schema that is meant', () => {
    const { grammarOf: compile } = createGrammarCache();
    expect(() => compile({ schema: { const: undefined } })).toThrow('const');
    expect(compile({ schema: {} }).unsupported).toEqual([]);
  });
});
