// Regular expressions mean what they mean to JavaScript, matched as a whole; what no automaton has is refused by name.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grammarFailureOf, grammarOf } from './index.ts';
import { matches } from './test-support/verdict.ts';

const expressions = [
  'a|b*c',
  '(?:ab)+c?',
  '(?<first>a)(b|)',
  '[^a-c]{1,3}',
  '[a\\-c]+|[\\d_]*',
  'a{2}b{1,}c{0,2}',
  'a.c',
  '\\w+\\s\\W',
  '\\u00e9|\\u{1f535}|\\ud83d\\udd34',
  '^a+?$',
  '^a|b$',
  '\\.\\*\\[\\]\\/\\-',
  '[\\b\\n\\]]a',
  '',
  '[^]',
  '(a|(b|c){2}){1,3}',
];
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'é', '🔵', '🔴', '_', '7', ' ', '\n', '.', '*', '[', ']', '/', '-'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

it.each(expressions)('/%s/ has the verdicts of JavaScript', (source) => {
  const grammar = grammarOf({ regex: source });
  // Only JavaScript's own dash escape is missing with the flag u.
  const own = new RegExp(`^(?:${source.replaceAll(/\\-(?![^[]*\])/g, '-')})$`, 'u');
  fc.assert(
    fc.property(text, (each) => {
      expect(matches(grammar, each), each).toBe(own.test(each));
    }),
    { numRuns: 200, seed: 4 },
  );
});

it.each([
  ['a(?=b)', 'unsupported', '(?='],
  ['(?<!a)b', 'unsupported', '(?<!'],
  ['\\bword', 'unsupported', '\\b'],
  ['(a)\\1', 'unsupported', '\\1'],
  ['(?<x>a)\\k<x>', 'unsupported', '\\k'],
  ['\\p{L}+', 'unsupported', '\\p'],
  ['a^b', 'unsupported', '^'],
  ['(?i:a)', 'unsupported', '(?i'],
  ['(a', 'syntax', ')'],
  ['a)', 'syntax', ')'],
  ['[a', 'syntax', ']'],
  ['*a', 'syntax', '*'],
  ['a**', 'syntax', '*'],
  ['a{3,2}', 'syntax', '3'],
  ['[b-a]', 'syntax', 'range'],
  ['\\q', 'syntax', '\\q'],
  [`${'('.repeat(300)}a${')'.repeat(300)}`, 'limit', 'nested'],
  ['[]', 'unsatisfiable', 'finite'],
])('/%s/ is refused: %s', (source, failure, part) => {
  let error: unknown;
  try {
    grammarOf({ regex: source });
  } catch (caught) {
    error = caught;
  }
  expect(grammarFailureOf(error)).toBe(failure);
  expect((error as Error).message).toContain(part);
});

it('flags that change what matches are honoured or refused', () => {
  expect(matches(grammarOf({ regex: /a.b/s }), 'a\nb')).toBe(true);
  expect(matches(grammarOf({ regex: /a.b/u }), 'a\nb')).toBe(false);
  expect(() => grammarOf({ regex: /a/i })).toThrow('flag i');
});
