// llama.cpp's test-grammar-integration.cpp and test-grammar-parser.cpp, as tables.
import { expect, it } from 'vitest';
import { grammarFailureOf, grammarOf } from './index.ts';
import { integrationCases, parserCases } from './test-support/llama-tables.ts';
import { matchesTokens } from './test-support/verdict.ts';

const cases = integrationCases();

it('the table has 47 grammars and schemas with 387 texts', () => {
  expect(cases).toHaveLength(47);
  expect(cases.flatMap(({ passing }) => passing)).toHaveLength(196);
  expect(cases.flatMap(({ failing }) => failing)).toHaveLength(191);
});

it.each(cases)('$name: each text gets the verdict of the table', ({ source, isSchema, passing, failing }) => {
  const grammar = grammarOf(isSchema ? { schema: JSON.parse(source) as unknown } : { gbnf: source });
  expect(passing.filter((text) => !matchesTokens(grammar, text))).toEqual([]);
  expect(failing.filter((text) => matchesTokens(grammar, text))).toEqual([]);
});

it('the grammars of the parser table are read or refused as in llama.cpp', () => {
  const all = parserCases();
  expect(all.filter(({ succeeds }) => succeeds)).toHaveLength(17);
  expect(all.filter(({ succeeds }) => !succeeds)).toHaveLength(6);
  for (const { source, succeeds } of all) {
    let failure: unknown;
    try {
      expect(grammarOf({ gbnf: source }).unsupported).toEqual([]);
    } catch (error) {
      failure = grammarFailureOf(error);
      if (failure === undefined) throw error;
    }
    expect(failure === undefined, `${source} ${String(failure)}`).toBe(succeeds);
  }
});
