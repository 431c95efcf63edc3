// Keywords beside each other: what one imposes, the other may not undo, and what is not imposed is listed.
import { describe, expect, it } from 'vitest';
import { grammarOf } from '../index.ts';
import { matches } from '../test-support/verdict.ts';

describe('patternProperties', () => {
  it('of one schema do not open an object that another schema closes', () => {
    const grammar = grammarOf({
      schema: {
        allOf: [
          { type: 'object', patternProperties: { '^x': {} } },
          { type: 'object', additionalProperties: false },
        ],
      },
    });
    expect([matches(grammar, '{}'), matches(grammar, '{"x":1}')]).toEqual([true, false]);
  });

  it('with a pattern that is not supported are reported, and any name may come', () => {
    const grammar = grammarOf({
      schema: { type: 'object', patternProperties: { '(?=a)b': { type: 'null' } } },
    });
    expect(grammar.unsupported.join()).toContain('(?=a)b');
    expect(matches(grammar, '{"b":null}')).toBe(true);
  });
});

describe('listed values', () => {
  it.each([
    [{ enum: [[1, 1]], uniqueItems: true }, 'uniqueItems'],
    [{ enum: [{ a: 1 }], minProperties: 2 }, 'minProperties'],
    [{ enum: [{ a: 1 }], propertyNames: { maxLength: 0 } }, 'propertyNames'],
  ])('%j: keywords of objects and lists are reported', (schema, keyword) => {
    expect(grammarOf({ schema }).unsupported.join()).toContain(keyword);
  });

  it('100,000 texts beside one pattern are tested at once, since the pattern is compiled once', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => `a${index}`);
    const grammar = grammarOf({ schema: { enum: values, pattern: `^a[0-9]*(${'7'.repeat(2000)})?7$` } });
    expect([matches(grammar, '"a17"'), matches(grammar, '"a18"')]).toEqual([true, false]);
  });
});

it('a format of the name of a pattern is a format', () => {
  const grammar = grammarOf({ schema: { type: 'string', pattern: 'date', format: 'date' } });
  expect(grammar.unsupported.join()).toContain('format');
});

it('a chain of references is bounded', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => [
    `d${index}`,
    index === 9999 ? { type: 'null' } : { $ref: `#/$defs/d${index + 1}` },
  ]);
  expect(() => grammarOf({ schema: { $ref: '#/$defs/d0', $defs: Object.fromEntries(names) } })).toThrow(
    expect.objectContaining({ code: 'BAD_GRAMMAR' }),
  );
});
