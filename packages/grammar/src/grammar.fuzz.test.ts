// Coverage-guided fuzzing of the compilers and of the matcher: 600 inputs here, or RONDO_FUZZ_SECONDS for a long run. An
// input is a grammar in GBNF, a regular expression or a JSON Schema, and choices of tokens.
import { fuzz, fuzzEffort, fuzzTimeoutMs } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { createMatcher, grammarFailureOf, grammarOf, type Grammar, type GrammarSource } from './index.ts';
import { endToken, smallTokens, smallTrie, tokensOf } from './test-support/small-vocabulary.ts';

const steps = 6;

/** The first byte decides what the others are; an input that is no JSON is an empty schema. */
function sourceOf([kind = 0, ...rest]: readonly number[]): GrammarSource {
  const text = new TextDecoder().decode(Uint8Array.from(rest));
  if (kind % 3 === 0) return { gbnf: text };
  if (kind % 3 === 1) return { regex: text };
  try {
    return { schema: JSON.parse(text) as unknown };
  } catch {
    return { schema: {} };
  }
}

function compile(source: GrammarSource): Grammar | string {
  try {
    return grammarOf(source);
  } catch (error) {
    const failure = grammarFailureOf(error);
    if (failure === undefined) throw error;
    return failure;
  }
}

async function attempt(input: Uint8Array): Promise<string> {
  const grammar = compile(sourceOf([...input]));
  if (typeof grammar === 'string') return grammar;
  const matcher = createMatcher(grammar, smallTrie, { endTokens: [endToken] });
  try {
    for (let step = 0; step < steps; step++) {
      const allowed = tokensOf(matcher.mask());
      expect(allowed).toEqual([...smallTokens.keys()].filter((token) => matcher.allows(token)));
      expect(allowed.length > 0 || step > 0).toBe(true);
      const token = allowed[(input[step] ?? 0) % Math.max(1, allowed.length)];
      if (token === undefined) break;
      matcher.accept(token);
    }
  } catch (error) {
    // A grammar with too many readings of a text.
    if (grammarFailureOf(error) === undefined) throw error;
    return 'readings';
  }
  return 'walked';
}

const seeds = [
  'root ::= "a" (b | [^c-e]+)* # comment\nb ::= "\\x41\\n" . {2,4}',
  'root ::= <[1]> (!<[2]>)* a?\na ::= "(" a ")" | ""',
  'root ::= a{2,40} "b"{0,300}\na ::= "é" | [漢-🔵]',
  'root ::= root "a" | "b"',
  '^(?:a|b[^c\\d]{2,5})+?\\u00e9\\.$',
  '(?<year>\\d{4})-\\w+|\\x41[\\]-a]*',
  '{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"$defs":{"x":{"type":["string","null"],"maxLength":30}},"additionalProperties":{"minimum":-3}}',
  '{"anyOf":[{"enum":[1,"a",null]},{"allOf":[{"type":"integer"},{"maximum":12}]}],"not":{}}',
  '{"items":[{"format":"date"},{"pattern":"^[a-z]+$"}],"additionalItems":true,"minItems":3}',
];

it(
  'any input ends in a grammar whose masks agree with its tokens, or in BAD_GRAMMAR',
  async () => {
    const encoder = new TextEncoder();
    const kindOf = (text: string): number => (text.startsWith('{') ? 2 : text.includes('::=') ? 0 : 1);
    const { finding, outcomes, executions } = await fuzz({
      target: attempt,
      seeds: seeds.map((text) => Uint8Array.of(kindOf(text), ...encoder.encode(text))),
      covers: 'packages/grammar/src/',
      effort: fuzzEffort(600),
      maxBytes: 400,
    });
    if (finding !== undefined) {
      throw new Error(`${JSON.stringify(sourceOf([...finding.input]))} failed.`, { cause: finding.error });
    }
    expect(executions).toBeGreaterThan(100);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['walked', 'syntax', 'recursion']));
  },
  fuzzTimeoutMs,
);
