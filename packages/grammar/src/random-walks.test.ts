// Random walks through grammars: masks agree with trying each token, rollback agrees with a new matcher.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher, grammarOf, type Grammar, type Matcher } from './index.ts';
import { endToken, smallTokens, smallTrie, tokensOf } from './test-support/small-vocabulary.ts';

const sources = {
  'a chain of optional letters': { gbnf: 'root ::= "a"? "b"? "c"*' },
  'loops in loops': { gbnf: 'root ::= ( [ab]* )* "c" ( ( "a"? )+ "b"? )*' },
  'nested brackets': { gbnf: 'root ::= "[" (root ("," root)*)? "]" | [0-9]+' },
  'counted letters at the end': { gbnf: 'root ::= [a-c]{2,30}' },
  'counted letters before letters': { gbnf: 'root ::= [a-z]{0,20} "abc" [a]{3,}' },
  'counted groups': { gbnf: 'root ::= ("ab" | "aab" | "é"){3,12} "."?' },
  'counted rules that may be empty': { gbnf: 'root ::= item{2,14} "."\nitem ::= "a"? "b"?' },
  'counted pairs of a rule': { gbnf: 'root ::= pair{2,12}\npair ::= d "." d\nd ::= [0-9a-c]' },
  'counted pairs of a group': { gbnf: 'root ::= "\\"" (h h){1,32} "\\""\nh ::= [a-f]' },
  'any characters': { gbnf: 'root ::= .{3,9} "\\n" .*' },
  'no letters': { gbnf: 'root ::= [^a-zA-Z"]* "\\"" [^é漢]+' },
  'named tokens': { gbnf: 'root ::= <[1]> ("ab" | <[300]> | !<[1]>)* <[1]> "true"?' },
  'the regular expression of a date': { regex: '\\d{4}-(0[1-9]|1[0-2])-[0-3]\\d' },
  'a regular expression of words': { regex: /^(\w+\s?){1,40}$/u },
  'any JSON': { schema: {} },
  'strings of bounded lengths': {
    schema: { type: 'array', items: { type: 'string', minLength: 2, maxLength: 40 } },
  },
  'an object with other keys': {
    schema: {
      type: 'object',
      properties: {
        a: { type: 'integer', minimum: 3 },
        ab: { type: 'string', maxLength: 3 },
        'é"': { type: 'null' },
      },
      required: ['a'],
      additionalProperties: { enum: ['true', 1.5, null] },
    },
  },
  'a tree': {
    schema: {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            value: { type: 'number' },
            left: { $ref: '#/$defs/node' },
            right: { $ref: '#/$defs/node' },
          },
          required: ['value'],
        },
      },
    },
  },
} as const;

const grammars = Object.entries(sources).map(([name, source]): [string, Grammar] => [
  name,
  grammarOf(source),
]);

const choices = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 60,
});

function start(grammar: Grammar): Matcher {
  return createMatcher(grammar, smallTrie, { endTokens: [endToken] });
}

/** Accepts an allowed token for each choice, until the text ends. */
function walkOf(grammar: Grammar, random: readonly number[]): { matcher: Matcher; tokens: number[] } {
  const matcher = start(grammar);
  const tokens: number[] = [];
  for (const choice of random) {
    const allowed = tokensOf(matcher.mask());
    const token = allowed[Math.floor(choice * allowed.length)];
    if (token === undefined) break;
    matcher.accept(token);
    tokens.push(token);
  }
  return { matcher, tokens };
}

describe.each(grammars)('%s', (_, grammar) => {
  it('the mask has exactly the tokens that are allowed one by one', () => {
    const property = fc.property(choices, (random) => {
      const matcher = start(grammar);
      for (const choice of random) {
        const mask = tokensOf(matcher.mask());
        expect(mask).toEqual([...smallTokens.keys()].filter((token) => matcher.allows(token)));
        const token = mask[Math.floor(choice * mask.length)];
        if (token === undefined) break;
        matcher.accept(token);
      }
    });
    fc.assert(property, { numRuns: 12, seed: 1 });
  });

  it('after a rollback, the matcher is as one that never went further', () => {
    const property = fc.property(choices, fc.nat(), (random, back) => {
      const { matcher, tokens } = walkOf(grammar, random);
      const kept = tokens.length === 0 ? 0 : back % tokens.length;
      matcher.rollback(tokens.length - kept);
      const fresh = start(grammar);
      for (const token of tokens.slice(0, kept)) fresh.accept(token);
      expect(matcher.length).toBe(kept);
      expect(matcher.mask()).toEqual(fresh.mask());
      expect([matcher.canEnd, matcher.isFinished]).toEqual([fresh.canEnd, fresh.isFinished]);
      expect(matcher.forced()).toEqual(fresh.forced());
    });
    fc.assert(property, { numRuns: 12, seed: 2 });
  });

  it('forced bytes are the only bytes that may come', () => {
    const property = fc.property(choices, (random) => {
      const { matcher } = walkOf(grammar, random);
      const forced = matcher.forced(20);
      for (const byte of forced) {
        const bytes = tokensOf(matcher.mask()).filter((token) => smallTokens[token]?.length === 1);
        expect(bytes).toEqual([byte + 2]);
        matcher.accept(byte + 2);
      }
    });
    fc.assert(property, { numRuns: 8, seed: 3 });
  });
});

it('masks do not depend on what is kept', () => {
  const { schema } = sources['an object with other keys'];
  const text = '{"a": 45, "ab": "é\\\\n", "the": 1.5, "é\\"": null, "other": null}';
  const [large, small] = [undefined, 1000].map((keptBytes) =>
    createMatcher(grammarOf({ schema }), smallTrie, { endTokens: [endToken], keptBytes }),
  );
  let allowed = 0;
  for (const byte of new TextEncoder().encode(text)) {
    const mask = large?.mask();
    expect(small?.mask()).toEqual(mask);
    if (!large?.allows(byte + 2)) break;
    large.accept(byte + 2);
    small?.accept(byte + 2);
    allowed += 1;
  }
  expect(allowed).toBeGreaterThan(30);
});

it('a character may be split between tokens', () => {
  const matcher = start(grammarOf({ gbnf: 'root ::= "🔵" [🔴-🔵]' }));
  // The second token ends the first character and begins the second one.
  const split = smallTokens.findIndex((bytes) => bytes?.join() === '148,181,240,159');
  const first = smallTokens.findIndex((bytes) => bytes?.join() === '240,159');
  matcher.accept(first);
  expect(matcher.allows(first)).toBe(false);
  expect(matcher.allows(split)).toBe(true);
  expect([...matcher.forced()]).toEqual([0x94, 0xb5, 0xf0, 0x9f, 0x94]);
  matcher.accept(split);
  expect(tokensOf(matcher.mask())).toEqual([2 + 0x94]);
});
