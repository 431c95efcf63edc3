// llama.cpp's test-json-schema-to-grammar.cpp, as a table: the same schemas succeed, and texts get the same verdict.
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { parseGbnf } from './gbnf/parse.ts';
import { grammarFailureOf, grammarOf } from './index.ts';
import { schemaCases } from './test-support/llama-tables.ts';
import { mutated, randomText, seeded } from './test-support/random-text.ts';
import { matches } from './test-support/verdict.ts';

const cases = schemaCases();
const successes = cases.filter(({ succeeds }) => succeeds);

/** In this case two rules of llama.cpp's grammar have the same name, so that its root is the integer of a property. */
const otherRoots: Readonly<Record<string, string>> = { 'optional props with empty name': 'root0' };

it('the table has 83 schemas, 80 of which succeed', () => {
  expect(cases).toHaveLength(83);
  expect(successes).toHaveLength(80);
});

it.each(cases)('$name: success $succeeds', ({ schema, succeeds }) => {
  let failure: unknown;
  try {
    expect(grammarOf({ schema: JSON.parse(schema) as unknown }).bytes).toBeGreaterThan(0);
  } catch (error) {
    failure = grammarFailureOf(error) ?? error;
  }
  expect(failure).toBe(succeeds ? undefined : 'syntax');
});

/** Whether a text is JSON that satisfies the schema. Schemas that ajv refuses are satisfied by every JSON text. */
function validatorOf(
  schema: Record<string, unknown>,
  unsupported: readonly string[],
): (text: string) => boolean {
  const options = { strict: false, allErrors: false, logger: false } as const;
  const ajv = Array.isArray(schema['items']) ? new Ajv(options) : new Ajv2020(options);
  (addFormats as unknown as typeof addFormats.default)(ajv);
  let validate: ((value: unknown) => unknown) | undefined;
  try {
    validate = unsupported.length === 0 ? ajv.compile(schema) : undefined;
  } catch {
    validate = undefined;
  }
  return (text) => {
    try {
      const value: unknown = JSON.parse(text);
      return validate === undefined || validate(value) === true;
    } catch {
      return false;
    }
  };
}

/** Whether a number has an exponent that might make it infinite. */
function hasLargeExponent(text: string): boolean {
  const outsideStrings = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  return [...outsideStrings.matchAll(/[eE]\+?(\d+)/g)].some(([, digits]) => Number(digits) > 291);
}

const loneSurrogate = /\\u[dD][89a-fA-F]/;

it.each(successes.filter(({ grammar }) => grammar !== ''))(
  '$name: 20 texts and 20 mutants get the verdict of the table',
  ({ name, schema, grammar }) => {
    const parsed = JSON.parse(schema) as Record<string, unknown>;
    const ours = grammarOf({ schema: parsed });
    const root = otherRoots[name] ?? 'root';
    const theirs = grammarOf({ gbnf: grammar, root });
    const isValid = validatorOf(parsed, ours.unsupported);
    const bodies = parseGbnf(grammar);
    const random = seeded(7);
    const texts = Array.from({ length: 20 }, () => randomText(bodies, root, random));
    const mutants = texts.map((text) => mutated(text, random));
    for (const text of [...texts, ...mutants]) {
      // Ours leaves out what is no valid JSON, what does not satisfy the schema, escapes of half a character, and numbers
      // that might be infinite.
      const leftOut = !isValid(text) || loneSurrogate.test(text) || hasLargeExponent(text);
      const expected = matches(theirs, text) && !leftOut;
      expect(matches(ours, text), text).toBe(expected);
    }
    expect(texts.filter((text) => matches(theirs, text))).toEqual(texts);
  },
);
